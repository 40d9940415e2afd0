import hashlib
import io
import wave
from pathlib import Path

import numpy as np
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from expect import raises
from mmar.audio import Clip, read_clip, wav_bytes, write_wav
from mmar.errors import ExternalError, UsageError

PCM = arrays.arrays(
    np.int16, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.integers(-32768, 32767)
)


@given(PCM, st.sampled_from([8000, 16000, 44100]))
def test_16_bit_samples_are_written_back_bit_for_bit(pcm: np.ndarray, rate: int) -> None:
    written = wav_bytes(Clip(pcm.astype(np.float32) / 32768, rate))
    samples, read_rate = soundfile.read(io.BytesIO(written), dtype="int16", always_2d=True)
    assert read_rate == rate
    assert np.array_equal(samples, pcm)


def test_wav_bytes_equal_those_of_the_wave_module() -> None:
    pcm = (np.arange(300, dtype=np.int16) * 97).reshape(150, 2)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as other:
        other.setnchannels(2)
        other.setsampwidth(2)
        other.setframerate(22050)
        other.writeframes(pcm.astype("<i2").tobytes())
    assert wav_bytes(Clip(pcm.astype(np.float32) / 32768, 22050)) == buffer.getvalue()


def test_rounding_is_to_the_nearest_and_full_scale_is_limited() -> None:
    values = np.array([[0.0], [1.4 / 32768], [1.6 / 32768], [1.0], [2.0], [-1.0], [-2.0]], np.float32)
    pcm = np.frombuffer(wav_bytes(Clip(values, 8000))[44:], "<i2")
    assert pcm.tolist() == [0, 1, 2, 32767, 32767, -32768, -32768]


def test_wav_bytes_have_a_known_digest() -> None:
    # Pinned: a change of this digest changes every fingerprint in every ledger.
    ramp = (np.arange(1000, dtype=np.float32).reshape(500, 2) - 500) / 512
    assert (
        hashlib.sha256(wav_bytes(Clip(ramp, 16000))).hexdigest()
        == "8e18991f4c43e223c136809f8ef74f2a3954b228b03b39c23840d9ca80f2bda4"
    )


def test_a_wav_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    clip = Clip(np.full((10, 1), 0.25, np.float32), 8000)
    write_wav(path, clip)
    assert path.read_bytes() == wav_bytes(clip)
    assert np.array_equal(read_clip(path).samples, clip.samples)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wav"]


def test_the_old_wav_file_stays_if_the_disk_is_full(tmp_path: Path) -> None:
    clip = Clip(np.zeros((10, 1), np.float32), 8000)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with raises("not-writable", ExternalError):
        write_wav(tmp_path / "taken", clip)
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_nan_is_refused() -> None:
    with raises("not-finite", UsageError):
        wav_bytes(Clip(np.full((4, 1), np.nan, np.float32), 8000))
