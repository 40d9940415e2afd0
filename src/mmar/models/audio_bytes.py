"""The bytes of a clip as a service is sent them, and what they are.

A file in a format that the service documents is sent unchanged. Anything else, and anything for which a form is asked
for, is decoded, converted and encoded again. What cannot be decoded is never sent, and the question is not asked.
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
    """Audio ready to be sent.

    Attributes:
        data: the bytes, before base64.
        container: their format, in libsndfile's names.
        description: what the answer records of them; without hashes where the file is sent unchanged.
        more: the second and further clips of the request.
    """

    data: bytes
    container: str
    description: Sent
    more: tuple[AudioBytes, ...] = ()

    @property
    def clips(self) -> tuple[AudioBytes, ...]:
        """All clips of the request, in order."""
        return (self, *self.more)

    def sent(self) -> Sent:
        """What the answer records of them. Hashing takes the longest: do it while the answer is awaited."""
        sent = self.description
        if not sent.sha256:
            digest = hashlib.sha256(self.data).hexdigest()
            sent = msgspec.structs.replace(sent, source_sha256=digest, sha256=digest)
        return (
            msgspec.structs.replace(sent, more=tuple(each.sent() for each in self.more))
            if self.more
            else sent
        )


def check_placed(request: Request) -> None:
    """Refuse a request whose clip has no place in its messages, or whose place has no clip.

    Raises:
        RequestFailed: of kind `audio`; the question must not be asked without its audio.
    """
    placed = sum(message.audio is not None for message in request.messages)
    if placed != (request.audio is not None):
        raise RequestFailed(
            "audio", f"the request has {placed} places for a clip and the clip {request.audio}"
        )


def check_single(request: Request, who: str) -> None:
    """Refuse a request with several clips for a model that takes one.

    Raises:
        RequestFailed: of kind `audio`; the question must not be asked with a part of its audio.
    """
    if request.more_audio:
        raise RequestFailed("audio", f"the item has {len(request.clips)} clips, and {who} takes one")


def load_clips(request: Request, form: AudioForm, passes: Mapping[str, str]) -> AudioBytes | None:
    """Read all clips of a request, as `load_audio`; `None` for one without audio.

    Raises:
        RequestFailed: of kind `audio`: one of them cannot be read.
    """
    if request.audio is None:
        return None
    first, *more = (load_audio(path, form, passes) for path in request.clips)
    return msgspec.structs.replace(first, more=tuple(more)) if more else first


def load_audio(path: Path, form: AudioForm, passes: Mapping[str, str]) -> AudioBytes:
    """Read a clip in the form in which it is sent.

    Args:
        path: the clip's file.
        form: the form.
        passes: containers that the service documents, which are sent unchanged.

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
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises, it is this clip's
        raise _damaged(path, error) from None


def sent_as_is(path: Path) -> Sent:
    """What the answer records of a clip whose file is handed over; it is decoded completely, to be sure that it can be.

    Raises:
        RequestFailed: of kind `audio`: the file is missing, damaged, or not audio.
    """
    from mmar.audio import describe, read_clip

    try:
        data = path.read_bytes()
        facts = pcm_facts(data)
        if facts is None:
            described = describe(path)
            read_clip(path)
            facts = PcmFacts(described.rate, described.channels, described.frames)
    except OSError as error:
        raise RequestFailed("audio", f"{path}: cannot be read ({error.strerror or error})") from None
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises, it is this clip's
        raise _damaged(path, error) from None
    digest = hashlib.sha256(data).hexdigest()
    return Sent(digest, digest, len(data), facts.rate, facts.channels, facts.frames / facts.rate)


def _damaged(path: Path, error: Exception) -> RequestFailed:
    text = str(error) if isinstance(error, MmarError) else f"{path}: cannot be decoded ({error})"
    return RequestFailed("audio", text)


def _suits(facts: PcmFacts, form: AudioForm, container: str) -> bool:
    return (
        form.container in (None, container)
        and form.rate in (None, facts.rate)
        and not (form.mono and facts.channels > 1)
        and not (form.seconds is not None and facts.frames > form.seconds * facts.rate)
    )


def _decoded(path: Path, data: bytes, form: AudioForm, passes: Mapping[str, str]) -> AudioBytes:
    from mmar.audio import describe, read_clip

    described = describe(path)
    container = described.container
    facts = PcmFacts(described.rate, described.channels, described.frames)
    # A WAV file that is not plain PCM, or whose header is wrong, is encoded again.
    if container == "WAV" or container not in passes or not _suits(facts, form, container):
        return _converted(path, data, form)
    read_clip(path)  # whether a compressed file is whole shows when it is decoded to its end
    sent = Sent("", "", len(data), facts.rate, facts.channels, described.duration)
    return AudioBytes(data, container, sent)


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
