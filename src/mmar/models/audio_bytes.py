"""From a clip's file to the bytes that a service is sent, and the truth about them.

A file that the service documents is sent as it is: one read, one hash. Anything else, and anything for which
a form is asked, is decoded, converted and written anew. What cannot be decoded is never sent, and nothing is
asked in its place.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from mmar.audio.wav import PcmFacts, pcm_facts
from mmar.errors import MmarError
from mmar.models.answer import RequestFailed, Sent
from mmar.protocols import Request

__all__ = ["MIME", "AudioBytes", "AudioForm", "check_placed", "load_audio", "sent_as_is"]

MIME: dict[str, str] = {
    "WAV": "audio/wav",
    "MP3": "audio/mpeg",
    "FLAC": "audio/flac",
    "OGG": "audio/ogg",
    "AIFF": "audio/aiff",
}
"""Media type by container, in libsndfile's names."""


class AudioForm(msgspec.Struct, frozen=True):
    """The form in which audio is wanted; what is `None` is left as the file has it.

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
    """Audio ready to be sent.

    Attributes:
        data: the bytes, before base64.
        container: their format, in libsndfile's names.
        told: what is said of them in the answer; still without the hashes where the file goes as it is.
    """

    data: bytes
    container: str
    told: Sent

    def sent(self) -> Sent:
        """What is said of them in the answer. Hashing is the longest part of it: do it while the answer is awaited."""
        if self.told.sha256:
            return self.told
        digest = hashlib.sha256(self.data).hexdigest()
        return msgspec.structs.replace(self.told, source_sha256=digest, sha256=digest)


def check_placed(request: Request) -> None:
    """Refuse a request whose clip has no place in its messages, or whose place has no clip.

    Raises:
        RequestFailed: of kind `audio`; the question must not be put without its sound.
    """
    placed = sum(message.audio is not None for message in request.messages)
    if placed != (request.audio is not None):
        raise RequestFailed(
            "audio", f"the request has {placed} places for a clip and the clip {request.audio}"
        )


def load_audio(path: Path, form: AudioForm, passes: Mapping[str, str]) -> AudioBytes:
    """Read a clip in the form in which it is sent.

    Args:
        path: the clip's file.
        form: what is asked for.
        passes: containers that the service documents, which are sent as they are.

    Raises:
        RequestFailed: of kind `audio`: the file is missing, damaged, or not audio.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RequestFailed("audio", f"{path}: cannot be read ({error.strerror or error})") from None
    try:
        facts = pcm_facts(data)
        if facts is None:
            return _decoded(path, data, form, passes)
        if not _suits(facts, form, "WAV") or "WAV" not in passes:
            return _converted(path, data, form)
        seconds = facts.frames / facts.rate
        return AudioBytes(data, "WAV", Sent("", "", len(data), facts.rate, facts.channels, seconds))
    except MmarError as error:
        raise RequestFailed("audio", str(error)) from None


def sent_as_is(path: Path) -> Sent:
    """What is said of a clip whose file itself is handed over; it is read to its end, so that it is sound.

    Raises:
        RequestFailed: of kind `audio`: the file is missing, damaged, or not audio.
    """
    from mmar.audio import describe, read_clip

    try:
        data = path.read_bytes()
        facts = pcm_facts(data)
        if facts is None:
            told = describe(path)
            read_clip(path)
            facts = PcmFacts(told.rate, told.channels, told.frames)
    except OSError as error:
        raise RequestFailed("audio", f"{path}: cannot be read ({error.strerror or error})") from None
    except MmarError as error:
        raise RequestFailed("audio", str(error)) from None
    digest = hashlib.sha256(data).hexdigest()
    return Sent(digest, digest, len(data), facts.rate, facts.channels, facts.frames / facts.rate)


def _suits(facts: PcmFacts, form: AudioForm, container: str) -> bool:
    return (
        form.container in (None, container)
        and form.rate in (None, facts.rate)
        and not (form.mono and facts.channels > 1)
        and not (form.seconds is not None and facts.frames > form.seconds * facts.rate)
    )


def _decoded(path: Path, data: bytes, form: AudioForm, passes: Mapping[str, str]) -> AudioBytes:
    from mmar.audio import describe, read_clip

    told = describe(path)
    facts = PcmFacts(told.rate, told.channels, told.frames)
    # A WAV file that came here is not plain PCM, or its header does not tell the truth: it is written anew.
    if told.container == "WAV" or told.container not in passes or not _suits(facts, form, told.container):
        return _converted(path, data, form)
    read_clip(path)  # a compressed file is sound when it decodes to its end, not before
    sent = Sent("", "", len(data), facts.rate, facts.channels, told.duration)
    return AudioBytes(data, told.container, sent)


def _converted(path: Path, data: bytes, form: AudioForm) -> AudioBytes:
    from dataclasses import replace

    from mmar.audio import read_clip, resample, to_mono, wav_bytes

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
    sent = Sent(
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(bytes_sent).hexdigest(),
        len(bytes_sent),
        clip.rate,
        clip.channels,
        clip.duration,
        mixed_down=clip.channels < source_channels,
        cut=cut,
    )
    return AudioBytes(bytes_sent, form.container or "WAV", sent)
