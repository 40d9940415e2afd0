"""The bytes of a clip as a service is sent them, and what they are.

A file in a format that the service documents is sent unchanged. Anything else, and anything for which a form is asked
for, is decoded, converted and encoded again. What cannot be decoded is never sent, and the question is not asked.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec

from mmar.audio import Facts, describe, read_clip, resample, to_mono, wav_bytes
from mmar.audio.wav import parse_pcm_header
from mmar.errors import MmarError
from mmar.files.hashing import sha256_bytes
from mmar.models.answer import RequestFailed, SentAudio
from mmar.protocols import Request

MIME: dict[str, str] = {
    "WAV": "audio/wav",
    "MP3": "audio/mpeg",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "AIFF": "audio/aiff",
}
"""Media type by container, in libsndfile's names."""


class AudioForm(msgspec.Struct, frozen=True):
    """The form in which audio is sent; what is `None` stays as in the file.

    Attributes:
        container: `WAV` (16-bit PCM) or `FLAC` (16 bits).
        rate: Hz.
        mono: whether channels are mixed into one.
        seconds: longest duration sent; the rest is cut off, and the answer says so.
    """

    container: Literal["WAV", "FLAC"] | None = None
    rate: int | None = None
    mono: bool = False
    seconds: float | None = None


class AudioBytes(msgspec.Struct, frozen=True):
    """A clip as it is sent: bytes before base64, and their format in libsndfile's names.

    `description` is what the answer records of it, without hashes where the file is sent unchanged.
    """

    data: bytes
    container: str
    description: SentAudio

    def sent(self) -> SentAudio:
        """The record for the answer. Hashing takes the longest: do it while the answer is awaited."""
        if self.description.sha256:
            return self.description
        digest = sha256_bytes(self.data)
        return msgspec.structs.replace(self.description, source_sha256=digest, sha256=digest)


def check_audio_placement(request: Request) -> None:
    """Refuse, as `audio`, a request whose clip has no place in its messages, or whose place has no clip."""
    placed = sum(message.audio is not None for message in request.messages)
    if placed != (request.audio is not None):
        message = f"the request has {placed} places for a clip and the clip {request.audio}"
        raise RequestFailed("audio", message)


def check_single(request: Request, who: str) -> None:
    """Refuse, as `audio`, a request with several clips for a model that takes one."""
    if request.more_audio:
        raise RequestFailed("audio", f"the item has {len(request.clips)} clips, and {who} takes one")


def load_clips(request: Request, form: AudioForm, documented: Container[str]) -> tuple[AudioBytes, ...]:
    """Read all clips of a request, as `load_audio`."""
    return tuple(load_audio(path, form, documented) for path in request.clips)


def load_audio(path: Path, form: AudioForm, documented: Container[str]) -> AudioBytes:
    """Read a clip in the form in which it is sent; containers that the service documents are sent unchanged.

    Raises:
        RequestFailed: of kind `audio`: the file is missing, damaged, or not audio.
    """
    with _read_failures(path):
        data = path.read_bytes()
        plain = parse_pcm_header(data)
        facts = plain or describe(path)
        # A WAV file that is not plain PCM, or whose header is wrong, is encoded again.
        known = facts.container in documented and (plain is not None or facts.container != "WAV")
        if not known or not _suits(facts, form):
            return _converted(path, data, form)
        if plain is None:
            read_clip(path)  # whether a compressed file is whole shows when it is decoded to its end
        return AudioBytes(data, facts.container, _unchanged(data, facts))


def describe_unchanged(path: Path) -> SentAudio:
    """The record of a clip whose file is passed on; it is decoded to its end, with errors as `load_audio`."""
    with _read_failures(path):
        data = path.read_bytes()
        facts = parse_pcm_header(data)
        if facts is None:
            facts = describe(path)
            read_clip(path)
        return AudioBytes(data, "", _unchanged(data, facts)).sent()


@contextmanager
def _read_failures(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestFailed("audio", f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises, it is this clip's
        text = str(error) if isinstance(error, MmarError) else f"{path}: cannot be decoded ({error})"
        raise RequestFailed("audio", text) from None


def _unchanged(data: bytes, facts: Facts) -> SentAudio:
    return SentAudio("", "", len(data), facts.rate, facts.channels, facts.duration)


def _suits(facts: Facts, form: AudioForm) -> bool:
    return (
        form.container in (None, facts.container)
        and form.rate in (None, facts.rate)
        and not (form.mono and facts.channels > 1)
        and not (form.seconds is not None and facts.frames > form.seconds * facts.rate)
    )


def _converted(path: Path, data: bytes, form: AudioForm) -> AudioBytes:
    clip = read_clip(path)
    source_channels = clip.channels
    longest = None if form.seconds is None else round(form.seconds * clip.rate)
    cut = longest is not None and clip.frames > longest
    if cut:
        clip = replace(clip, samples=clip.samples[:longest])
    if form.mono:
        clip = to_mono(clip)
    if form.rate is not None:
        clip = resample(clip, form.rate)
    if form.container == "FLAC":
        import soundfile

        target = io.BytesIO()
        soundfile.write(target, clip.samples, clip.rate, format="FLAC", subtype="PCM_16")
        bytes_sent = target.getvalue()
    else:
        bytes_sent = wav_bytes(clip)
    sent = SentAudio(
        sha256_bytes(data),
        sha256_bytes(bytes_sent),
        len(bytes_sent),
        clip.rate,
        clip.channels,
        clip.duration,
        mixed_down=clip.channels < source_channels,
        cut=cut,
    )
    return AudioBytes(bytes_sent, form.container or "WAV", sent)
