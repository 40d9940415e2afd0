import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expect import raises
from mmar.audio import Clip
from mmar.audio.clip import frame_at, join, trim
from mmar.errors import UsageError


def noise(frames: int, channels: int = 1, rate: int = 8000, seed: int = 1) -> Clip:
    draws = np.random.Generator(np.random.PCG64(seed)).uniform(-0.5, 0.5, (frames, channels))
    return Clip(draws.astype(np.float32), rate)


@settings(deadline=None)
@given(st.integers(2, 400), st.data())
def test_parts_that_touch_join_to_the_whole(frames: int, data: st.DataObject) -> None:
    clip = noise(frames, 2)
    cut = data.draw(st.integers(1, frames - 1)) / clip.rate
    whole = join([trim(clip, 0, cut), trim(clip, cut)])
    assert np.array_equal(whole.samples, clip.samples)


@settings(deadline=None)
@given(st.floats(0, 100), st.sampled_from([8000, 16000, 22050, 44100, 48000]))
def test_a_time_is_the_nearest_frame(seconds: float, rate: int) -> None:
    assert abs(frame_at(seconds, rate) - seconds * rate) <= 0.5


def test_a_part_is_cut_to_the_sample() -> None:
    clip = Clip(np.arange(100, dtype=np.float32)[:, None], 10)
    assert trim(clip, 1.5, 2.0).samples[:, 0].tolist() == [15, 16, 17, 18, 19]
    assert trim(clip, 9.9).samples[:, 0].tolist() == [99]


@pytest.mark.parametrize(("start", "end"), [(2, 2), (2, 1), (-1, 1), (0, 10.1), (10, None)])
def test_a_part_that_is_not_there_is_refused(start: float, end: float | None) -> None:
    with raises("invalid-part", UsageError):
        trim(Clip(np.zeros((100, 1), np.float32), 10), start, end)


def test_the_clips_themselves_are_left_alone() -> None:
    clip = noise(100)
    before = clip.samples.copy()
    join([clip, clip])
    assert np.array_equal(clip.samples, before)


def test_what_does_not_fit_together_is_refused() -> None:
    for others in ([], [noise(10), noise(10, 2)], [noise(10), noise(10, rate=16000)]):
        with pytest.raises(UsageError):
            join(others)
