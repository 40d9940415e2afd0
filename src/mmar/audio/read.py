"""Reading sound: from a file to a `Clip`, to blocks of samples, or to the facts in its header.

libsndfile reads WAV, FLAC, Ogg, MP3, AIFF and others; ffmpeg the rest, where it is installed. Files whose headers do
not state their length are read completely (see also `mmar.audio.header_repair`). What cannot be trusted is refused: a file that is not
audio, was cut short, has no frames, has a header that no recording has, or contains samples that are not numbers.
Nothing is replaced by silence, and nothing is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mmar.audio.clip import Clip, Facts
from mmar.audio.ffmpeg import convert, probe
from mmar.audio.header_repair import cut_short, repair_header, sound_error
from mmar.errors import InputError
from mmar.files.open import check_regular_file, name_errors, read_error
from mmar.files.progress import format_bytes
from mmar.files.sniff import FileType, sniff_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_BLOCK_FRAMES = 1 << 18  # decoded at a time; 5.5 s at 48 kHz
_MAX_RATE, _MAX_CHANNELS = 768_000, 64  # of what is taken for a recording
_MAX_CLIP_BYTES = 1 << 30  # of decoded samples; 46 minutes of stereo at 48 kHz
_LONGEST_S = 4 * 3600.0  # recording that is converted
_UNKNOWN_LENGTH = (1 << 63) - 1  # what libsndfile gives as the number of frames
_SHORTFALL_S = 1.0  # containers round, and encoders pad
# The length of an MPEG file is only exact to a frame or two, and encoders pad.
_MPEG_TOLERANCE_S = 0.1
# Formats in which seeking gives exactly the samples that decoding from the start gives.
_SEEKABLE = frozenset({"WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "CAF", "AU"})


def describe(path: str | Path) -> Facts:
    """Rate, channels, length and format of an audio file; only FLAC whose header states no length is decoded for it.

    Raises:
        InputError: the file is missing, a folder, empty, not audio, cut short, or without frames; or it needs ffmpeg,
            which is not installed (code `needs-ffmpeg`).
    """
    path = Path(path)
    with name_errors(path):
        kind = _check_file(path)
        if kind.group != "media":
            with _open_with_soundfile(path, kind) as (_, facts):
                return facts
        media = probe(path, kind)
        frames = round((media.duration or 0.0) * media.rate)
        container = f"{kind.format.upper()}/{media.codec.upper()}"
        return _check_facts(
            Facts(media.rate, media.channels, frames, container, media.codec, path.stat().st_size)
        )


def read_clip(path: str | Path) -> Clip:
    """Decode a whole file into float32, all channels, at its own rate.

    Raises:
        InputError: as `describe`; also if the data ends early, a sample is not a finite number, or the sound takes
            more than 1 GiB of memory.
    """
    import numpy as np

    path = Path(path)
    with _open_sound(path) as (sound, facts):
        size = facts.frames * facts.channels * 4
        if size > _MAX_CLIP_BYTES:
            problem = (
                f"{facts.duration:,.0f} s of {facts.channels} channels at {facts.rate:,} Hz are "
                f"{format_bytes(size)} of samples, more than a clip may have ({format_bytes(_MAX_CLIP_BYTES)})"
            )
            raise sound_error(problem, "too-long", "cut it into parts")
        blocks = list(_blocks(sound, facts, 0, facts.frames, _BLOCK_FRAMES))
        samples = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        return Clip(samples=samples, rate=facts.rate, path=path)


def decode_blocks(
    path: str | Path, *, start: int = 0, end: int | None = None, block: int = _BLOCK_FRAMES
) -> Iterator[npt.NDArray[np.float32]]:
    """Decode a file in blocks, so that hours of sound need the memory of seconds.

    Args:
        path: the file.
        start: first frame wanted. In lossy formats, what is before it is decoded too and discarded, because seeking
            may be off by some samples there.
        end: frame to stop before; by default the file's end.
        block: most frames in a block.

    Yields:
        float32 of shape (frames, channels), full scale at 1; only the last block may be shorter than `block`.

    Raises:
        InputError: as `read_clip`, without its limits.
    """
    path = Path(path)
    with _open_sound(path) as (sound, facts):
        stop = facts.frames if end is None else min(end, facts.frames)
        yield from _blocks(sound, facts, start, stop, block)


def convert_media(path: Path, work: Path, *, max_seconds: float = _LONGEST_S) -> Path:
    """Convert a media file of at most `max_seconds` to FLAC.

    Returns:
        `path` itself if libsndfile can read it, otherwise a new file in the existing folder `work`.

    Raises:
        InputError: it is not a media file, has no sound, is damaged, cut short or too long, or needs ffmpeg, which is
            not installed.
        ExternalError: ffmpeg took too long, or the disk cannot be written.
    """
    kind = sniff_file(path)
    if kind.group != "media":
        describe(path)  # refuses what is not sound
        return path
    out = work / f"{os.urandom(8).hex()}.flac"
    try:
        with name_errors(path):
            _convert(path, out, kind, max_seconds)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return out


def _convert(path: Path, out: Path, kind: FileType, max_seconds: float = _LONGEST_S) -> None:
    """Convert a media file, and check that the result is as long as the file states."""
    stated = convert(path, out, kind, max_seconds=max_seconds)
    duration = describe(out).duration
    if duration > max_seconds:
        raise sound_error(f"is longer than {max_seconds:g} s", "too-long", "cut it into parts")
    # Video may go on after the sound has ended.
    if stated.duration and not stated.has_video and duration < stated.duration * 0.98 - _SHORTFALL_S:
        raise cut_short(f"it states {stated.duration:.1f} s and has {duration:.1f} s of sound")


def _blocks(sound: Any, facts: Facts, start: int, stop: int, block: int) -> Iterator[npt.NDArray[np.float32]]:
    import soundfile

    position = 0
    if start and facts.container in _SEEKABLE:
        sound.seek(start)
        position = start
    while position < stop:
        # What is before the first wanted frame is decoded in blocks that are not given out.
        wanted = min(block, (start if position < start else stop) - position)
        try:
            samples: npt.NDArray[np.float32] = sound.read(wanted, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, ValueError):  # some encodings can be opened and not read
            problem = f"the sound cannot be decoded after {position / facts.rate:.3f} s"
            raise sound_error(problem, "cannot-decode") from None
        if position >= start and len(samples):
            _check_finite(samples, position, facts.rate)
            yield samples
        position += len(samples)
        if len(samples) < wanted:
            tolerance = _MPEG_TOLERANCE_S * facts.rate if facts.encoding.startswith("MPEG") else 0
            if facts.frames - position > tolerance:
                raise cut_short(f"its header states {facts.frames:,} frames and it has {position:,}")
            return


@contextmanager
def _open_sound(path: Path) -> Iterator[tuple[Any, Facts]]:
    """A file that can be decoded, and its facts; media files are converted by ffmpeg first."""
    with name_errors(path), ExitStack() as stack:
        kind = _check_file(path)
        if kind.group == "media":
            copy = Path(stack.enter_context(TemporaryDirectory(prefix="mmar-"))) / "sound.wav"
            _convert(path, copy, kind)
            yield stack.enter_context(_open_with_soundfile(copy, sniff_file(copy)))
        else:
            yield stack.enter_context(_open_with_soundfile(path, kind))


@contextmanager
def _open_with_soundfile(path: Path, kind: FileType) -> Iterator[tuple[Any, Facts]]:
    """The file as a `soundfile.SoundFile`, with its facts."""
    import soundfile

    class SequentialFile(soundfile.SoundFile):  # type: ignore[misc]
        """soundfile seeks after each read of a file that can be searched, after which MP3 decodes differently."""

        def seekable(self) -> bool:
            return False

    with ExitStack() as stack:
        source = stack.enter_context(repair_header(path, kind.format))
        try:
            sound = stack.enter_context(SequentialFile(source))
        except soundfile.SoundFileError:
            raise _not_audio(kind) from None
        frames = int(sound.frames)
        if frames == _UNKNOWN_LENGTH:  # FLAC that was written into a pipe
            with SequentialFile(path) as again:
                frames = _count_frames(again)
        facts = Facts(
            rate=int(sound.samplerate),
            channels=int(sound.channels),
            frames=frames,
            container=str(sound.format),
            encoding=str(sound.subtype),
            size=path.stat().st_size,
        )
        yield sound, _check_facts(facts)


def _count_frames(sound: Any) -> int:
    """The length of a file whose header does not state it, by decoding all of it."""
    import soundfile

    frames = 0
    try:
        while block := len(sound.read(_BLOCK_FRAMES, dtype="int16")):
            frames += block
    except soundfile.SoundFileError:
        raise cut_short("its last frame is not complete") from None
    return frames


def _check_file(path: Path) -> FileType:
    """Refuse what can be refused before any decoder sees it."""
    try:
        check_regular_file(path)
        kind = sniff_file(path)
    except OSError as error:
        raise read_error(error, path) from None
    if kind.group in ("archive", "compressed", "records", "table") or kind.format in (
        "empty",
        "html",
        "xml",
        "git-lfs",
    ):
        raise _not_audio(kind)
    return kind


def _not_audio(kind: FileType) -> InputError:
    problem = f"{kind.label} that is damaged" if kind.group == "audio" else kind.label
    return sound_error(f"expected an audio file, found {problem}", "not-audio")


def _check_facts(facts: Facts) -> Facts:
    if facts.frames < 1:
        raise sound_error("the audio file has no frames", "no-frames")
    if not (1 <= facts.rate <= _MAX_RATE and 1 <= facts.channels <= _MAX_CHANNELS):
        raise sound_error(f"invalid header: {facts.rate:,} Hz, {facts.channels} channels", "not-audio")
    return facts


def _check_finite(samples: npt.NDArray[np.float32], position: int, rate: int) -> None:
    import numpy as np

    bad = ~np.isfinite(samples)
    if bad.any():
        first = position + int(np.argmax(bad.any(axis=1)))
        raise sound_error(f"the sample at {first / rate:.3f} s is not a finite number", "not-finite")
