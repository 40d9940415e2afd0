import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmar.audio import Clip
from mmar.audio.clip import frame_at, join
from mmar.errors import UsageError


def noise(frames: int, channels: int = 1, rate: int = 8000, seed: int = 1) -> Clip:
    draws = np.random.Generator(np.random.PCG64(seed)).uniform(-0.5, 0.5, (frames, channels))
    return Clip(draws.astype(np.float32), rate)


@settings(deadline=None)
@given(st.integers(2, 400), st.data())
def test_parts_that_touch_join_to_the_whole(frames: int, data: st.DataObject) -> None:
    clip = noise(frames, 2)
    cut = data.draw(st.integers(1, frames - 1))
    whole = join([Clip(clip.samples[:cut], clip.rate), Clip(clip.samples[cut:], clip.rate)])
    assert np.array_equal(whole.samples, clip.samples)


@settings(deadline=None)
@given(st.floats(0, 100), st.sampled_from([8000, 16000, 22050, 44100, 48000]))
def test_a_time_is_the_nearest_frame(seconds: float, rate: int) -> None:
    assert abs(frame_at(seconds, rate) - seconds * rate) <= 0.5


def test_the_clips_themselves_are_left_alone() -> None:
    clip = noise(100)
    before = clip.samples.copy()
    join([clip, clip])
    assert np.array_equal(clip.samples, before)


def test_what_does_not_fit_together_is_refused() -> None:
    for others in ([], [noise(10), noise(10, 2)], [noise(10), noise(10, rate=16000)]):
        with pytest.raises(UsageError):
            join(others)
