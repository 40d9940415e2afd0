"""The outside of a WAV file: a header to write, and the one check that libsndfile leaves out.

libsndfile reads a WAV file that was cut short as if it were a shorter recording, without a word. An
audio benchmark must not ask a question about half a clip, so the length that the `data` chunk declares
is compared with what is there.

The layout is Microsoft and IBM's RIFF WAVE of 1991: little-endian chunks of a four-letter name, a
32-bit size and that many bytes, padded to an even number.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

__all__ = ["missing_bytes", "pcm16_header"]

# Programs that write into a pipe cannot know the length and leave one of these.
_LENGTH_UNKNOWN = {0, 0x7FFFFFFF, 0xFFFFFFFF}


def pcm16_header(frames: int, channels: int, rate: int) -> bytes:
    """The 44 bytes that stand before the samples of a 16-bit PCM WAV file.

    Args:
        frames: length of the sound in frames.
        channels: number of channels.
        rate: frames a second, in Hz.

    Returns:
        44 bytes, the same on every machine.

    Raises:
        ValueError: if the sound does not fit the format's 32-bit lengths (about 3.7 hours at 160 kB/s).
    """
    size = frames * channels * 2
    if size > 0xFFFFFFFF - 36:
        raise ValueError(f"{size} bytes of samples do not fit a WAV file")
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE"),
        *(b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16),
        *(b"data", size),
    )


def missing_bytes(stream: BinaryIO) -> int:
    """How many bytes the `data` chunk of a WAV file declares beyond the end of the file.

    Args:
        stream: a file at its start; only chunk headers are read.

    Returns:
        0 if all is there, if the length was left unknown by its writer, or if this is no RIFF WAVE.
    """
    head = stream.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return 0
    while len(chunk := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        start = stream.tell()
        if name == b"data":
            held = stream.seek(0, 2) - start
            return 0 if size in _LENGTH_UNKNOWN else max(0, size - held)
        stream.seek(start + size + size % 2)
    return 0
