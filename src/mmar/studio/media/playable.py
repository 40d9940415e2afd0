"""What no browser plays made into FLAC: AIFF, AU, CAF, and WAV in compressed or double-precision samples.

libsndfile reads them, so their waveform would be drawn and nobody could hear them.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from mmar.audio import describe
from mmar.errors import ExternalError
from mmar.studio.media.decoding import decoded_blocks

__all__ = ["playable_audio"]

_UNPLAYED = frozenset({"AIFF", "AU", "CAF", "W64"})
_PLAYED_IN_WAV = frozenset({"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"})
_DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32"})
_MOST_CHANNELS, _HIGHEST_RATE = 8, 655_350  # of FLAC


def playable_audio(path: Path, work: Path) -> Path:
    """A file with the sound of `path` that browsers play.

    Args:
        path: a file that was decoded from beginning to end before.
        work: an existing folder that a converted file is put into, under a name of its own.

    Returns:
        `path` itself if browsers play it, or if FLAC could not hold it; else a new FLAC file, of 24 bits where
        the recording has more than 16.

    Raises:
        InputError: the file cannot be read.
        ExternalError: the disk refuses.
    """
    facts = describe(path)
    played = (
        facts.encoding in _PLAYED_IN_WAV
        if facts.container.startswith("WAV")
        else facts.container not in _UNPLAYED
    )
    if played or facts.channels > _MOST_CHANNELS or facts.rate > _HIGHEST_RATE:
        return path
    import soundfile

    out = work / f"{secrets.token_hex(8)}.flac"
    depth = "PCM_24" if facts.encoding in _DEEP else "PCM_16"
    try:
        with soundfile.SoundFile(out, "w", facts.rate, facts.channels, depth, format="FLAC") as file:
            for block in decoded_blocks(path):
                file.write(block)
    except soundfile.SoundFileError as error:
        out.unlink(missing_ok=True)
        raise ExternalError(f"{out.parent}: cannot be written ({error}); make room and try again") from None
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return out
