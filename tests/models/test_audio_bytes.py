"""What is sent of a clip, and what is said of it."""

from __future__ import annotations

import hashlib
import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmar.audio.wav import parse_pcm_header
from mmar.models import RequestFailed
from mmar.models.audio_bytes import AudioForm, describe_unchanged, load_audio

PASSES = {"WAV": "wav", "MP3": "mp3"}
AS_IS = AudioForm()


def sound(path, container="WAV", subtype="PCM_16", rate=8000, channels=2, frames=4000):
    samples = np.sin(np.arange(frames * channels).reshape(frames, channels) / 7).astype(np.float32) / 2
    soundfile.write(path, samples, rate, format=container, subtype=subtype)
    return path


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
def test_a_pcm_wav_file_goes_out_as_it_is(tmp_path, container, subtype):
    path = sound(tmp_path / "a.wav", container, subtype)
    audio = load_audio(path, AS_IS, PASSES)
    assert audio.data == path.read_bytes()
    assert (audio.sent().rate, audio.sent().channels, audio.sent().seconds) == (8000, 2, 0.5)
    assert audio.sent().source_sha256 == audio.sent().sha256 == hashlib.sha256(audio.data).hexdigest()
    assert describe_unchanged(path) == audio.sent()


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "FLOAT"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("AIFF", "PCM_16"),
        ("RF64", "PCM_16"),
    ],
)
def test_anything_else_becomes_pcm_wav(tmp_path, container, subtype):
    path = sound(tmp_path / "a.sound", container, subtype)
    audio = load_audio(path, AS_IS, PASSES)
    decoded, rate = soundfile.read(path, always_2d=True)
    samples_sent, rate_sent = soundfile.read(io.BytesIO(audio.data), always_2d=True)
    assert (soundfile.info(io.BytesIO(audio.data)).subtype, rate_sent) == ("PCM_16", rate)
    assert np.abs(samples_sent - decoded).max() <= 0.5 / 32768 + 1e-9
    assert audio.sent().sha256 == hashlib.sha256(audio.data).hexdigest() != audio.sent().source_sha256


def test_an_mp3_file_goes_out_as_it_is_where_the_service_documents_mp3(tmp_path):
    path = sound(tmp_path / "a.mp3", "MP3", "MPEG_LAYER_III", rate=16_000, frames=16_000)
    audio = load_audio(path, AS_IS, PASSES)
    assert (audio.container, audio.data) == ("MP3", path.read_bytes())
    assert load_audio(path, AS_IS, {"WAV": "wav"}).container == "WAV"


def test_a_wav_file_whose_length_was_never_filled_in_is_written_anew(tmp_path):
    # What a program writes into a pipe: the lengths are unknown when the header is written.
    path = sound(tmp_path / "a.wav")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 4, 0xFFFFFFFF)
    struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)
    path.write_bytes(data)
    audio = load_audio(path, AS_IS, PASSES)
    assert (audio.sent().seconds, audio.sent().sha256 == audio.sent().source_sha256) == (0.5, False)


@settings(max_examples=60, deadline=None)
@example(offset=20, value=64)  # G.721, which soundfile opens and cannot decode
@example(offset=27, value=128)  # 2 GHz
@given(offset=st.integers(0, 43), value=st.integers(0, 255))
def test_a_damaged_header_is_refused_or_its_facts_are_true(tmp_path_factory, offset, value):
    path = tmp_path_factory.mktemp("damaged") / "a.wav"
    data = bytearray(sound(path, channels=1, frames=100).read_bytes())
    data[offset] = value
    path.write_bytes(data)
    try:
        audio = load_audio(path, AS_IS, PASSES)
    except RequestFailed as failure:
        assert failure.kind == "audio"
        return
    info = soundfile.info(io.BytesIO(audio.data))
    assert (info.samplerate, info.channels) == (audio.sent().rate, audio.sent().channels)
    assert info.frames == round(audio.sent().seconds * audio.sent().rate)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_the_header_parser_accepts_any_bytes(data):
    assert parse_pcm_header(data) is None
    assert parse_pcm_header(b"RIFF\xff\xff\xff\xffWAVE" + data) is None


def test_one_channel_is_the_mean_of_all_and_the_answer_says_so(tmp_path):
    path = tmp_path / "a.wav"
    left, right = np.full(800, 0.5), np.full(800, -0.25)
    soundfile.write(path, np.stack([left, right], axis=1), 8000, subtype="PCM_16")
    audio = load_audio(path, AudioForm(mono=True), PASSES)
    samples_sent, _ = soundfile.read(io.BytesIO(audio.data), always_2d=True)
    assert samples_sent.shape == (800, 1)
    assert np.allclose(samples_sent, 0.125, atol=1 / 32768)
    assert audio.sent().mixed_down and audio.sent().channels == 1


def test_a_form_that_the_file_has_already_changes_nothing(tmp_path):
    path = sound(tmp_path / "a.wav", channels=1)
    form = AudioForm(container="WAV", rate=8000, mono=True, seconds=0.5)
    audio = load_audio(path, form, PASSES)
    assert audio.data == path.read_bytes()
    assert not audio.sent().mixed_down and not audio.sent().cut
