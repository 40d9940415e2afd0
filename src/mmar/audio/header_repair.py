"""Lengths that a file does not state, found from its framing: WAV and MPEG audio.

libsndfile trusts the length in a header. Where there is none it reads less than there is, or nothing, without an
error. `repair_header` finds the true length and gives libsndfile the same file with a header that states it:

    WAV    the `data` chunk has size 0, or one of the placeholders near 2^31 and 2^32 that programs leave when they
           write into a pipe (RIFF WAVE, Microsoft and IBM 1991)
    MPEG   layer III without a Xing, Info or VBRI header; its frames are counted (ISO/IEC 11172-3 and 13818-3), and a
           Xing header with that number is put in front
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from mmar.audio.wav import riff_chunks
from mmar.errors import InputError

# Programs that write WAV into a pipe leave a size near one of these.
_PLACEHOLDERS = (range(0x7FFF0000, 0x80010000), range(0xFFFF0000, 0x100000000))
_MAX_CHUNK_WALK = 10_000
_MAX_SEARCHES = 1_000_000  # for the next MPEG frame, in one file

_LAYER_3_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class _Prefixed:
    """Some bytes, followed by a file from an offset on; the methods are those that soundfile calls."""

    def __init__(self, header: bytes, start: int, file: BinaryIO) -> None:
        self._header, self._file = header, file
        self._skipped = start - len(header)
        self._size = file.seek(0, 2) - self._skipped
        self._position = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, count: int, /) -> bytes:
        data = self._header[self._position : self._position + count]
        if len(data) < count:
            self._file.seek(self._position + len(data) + self._skipped)
            data += self._file.read(count - len(data))
        self._position += len(data)
        return data


@contextmanager
def repair_header(path: Path, kind: str) -> Iterator[object]:
    """An audio file as `soundfile` is to read it, with a header that states its length.

    `kind` is its format, as `mmar.files.sniff` names it.

    Yields:
        The path itself, or a stream where the file's own header does not state its length.

    Raises:
        InputError: a WAV file ends before the sound that it contains (code `cut-short`), or most of an MPEG file is
            no MPEG audio (`not-audio`).
    """
    with path.open("rb") as stream:
        header = None
        if kind == "wav":
            header = _wav_header(stream)
        elif kind == "mp3":
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                header = _mp3_header(data)
        yield path if header is None else _Prefixed(*header, stream)


def _wav_header(stream: BinaryIO) -> tuple[bytes, int] | None:
    """A header that states the length, and where the samples begin; `None` if the file's own header does."""
    chunks = islice(riff_chunks(stream), _MAX_CHUNK_WALK)
    stated = next((size for name, size in chunks if name == b"data"), None)
    if stated is None:
        return None
    start = stream.tell()
    present = stream.seek(0, 2) - start
    unknown = stated > present and any(stated in sizes for sizes in _PLACEHOLDERS)
    if stated == 0 and present:
        stream.seek(start)
        unknown = not _is_chunk(stream.read(8), present)
    if stated > present and not unknown:
        raise cut_short(f"{stated - present:,} bytes of samples that the header states are missing")
    if not unknown or start + present > 0xFFFFFFFF:
        return None
    stream.seek(0)
    header = bytearray(stream.read(start))
    struct.pack_into("<I", header, 4, start - 8 + present)
    struct.pack_into("<I", header, start - 4, present)
    return bytes(header), start


def _is_chunk(head: bytes, present: int) -> bool:
    """Whether bytes that follow an empty `data` chunk are another chunk, such as a list of tags."""
    if len(head) < 8:
        return True
    return head[:4].isalnum() and struct.unpack_from("<I", head, 4)[0] <= present - 8


def sound_error(
    problem: str, code: str, hint: str = "get the file again, or convert it again from its source"
) -> InputError:
    """The error for a file whose sound cannot be used; the caller adds the file's name."""
    return InputError(problem, code=code, hint=hint)


def cut_short(detail: str) -> InputError:
    """The error for a file that ends too early."""
    return sound_error(f"the file was cut short: {detail}", "cut-short")


def _mp3_header(data: mmap.mmap) -> tuple[bytes, int] | None:
    """A frame that states the length, and where the file's own frames begin; `None` if the file states it."""
    first = _first_frame(data)
    if first is None:
        return None
    header = data[first : first + 4]
    version, mono = header[1] >> 3 & 3, header[3] >> 6 == 3
    side_info = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    tag = data[first + 4 + side_info : first + 12 + side_info]
    is_tag = data[first + 36 : first + 40] == b"VBRI"  # which libsndfile does not read
    if tag[:4] in (b"Xing", b"Info"):
        if len(tag) == 8 and tag[7] & 1:
            return None  # the file states its length
        is_tag = True
    if is_tag:
        first += _frame_size(header)
    count = _count_frames(data, first)
    # A frame of the same kind, of medium bit rate and without a checksum, that holds nothing but the count.
    lead = bytes((0xFF, header[1] | 1, 9 << 4 | header[2] & 0x0C, header[3]))
    xing = lead + bytes(side_info) + b"Xing" + struct.pack(">II", 1, count)
    return xing.ljust(_frame_size(lead), b"\0"), first


def _first_frame(data: mmap.mmap) -> int | None:
    """Offset of the first layer III frame that another one follows."""
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) > position + 10:
        digits = data[position + 6 : position + 10]
        position += 10 + (digits[0] << 21 | digits[1] << 14 | digits[2] << 7 | digits[3])
    for start in range(position, min(len(data), position + (1 << 16))):
        if data[start] == 0xFF and (size := _frame_size(data[start : start + 4])):
            after = data[start + size : start + size + 4]
            if not after or (_frame_size(after) and _same_stream(after, data[start : start + 4])):
                return start
    return None


def _count_frames(data: mmap.mmap, position: int) -> int:
    first = data[position : position + 4]
    count = searches = 0
    sizes: dict[bytes, int] = {}
    while position + 4 <= len(data):
        header = data[position : position + 4]
        size = sizes.get(header[1:3])
        if size is None or header[0] != 0xFF:
            size = sizes[header[1:3]] = (
                _frame_size(header) if header[0] == 0xFF and _same_stream(header, first) else 0
            )
        if size and position + size <= len(data):
            count += 1
            position += size
            continue
        if header[:3] == b"TAG" or header == b"APET":
            break  # tags at the end
        position = data.find(b"\xff", position + 1)
        searches += 1
        if searches > _MAX_SEARCHES:
            problem = f"expected an MP3 file, found few MPEG frames ({count:,}) and much else"
            raise sound_error(problem, "not-audio")
        if position < 0:
            break
    return count


def _same_stream(header: bytes, other: bytes) -> bool:
    """Whether two frame headers agree in version, layer and sampling rate, which do not change within a stream."""
    return header[1] & 0x1E == other[1] & 0x1E and header[2] & 0x0C == other[2] & 0x0C


def _frame_size(header: bytes) -> int:
    """The length of a layer III frame in bytes; 0 if this is no such header, or of free format."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate_index, rate_bits = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate_index in (0, 15) or rate_bits == 3:
        return 0
    kbps = _LAYER_3_KBPS[3 if version == 3 else 2][rate_index]
    factor = 144 if version == 3 else 72
    return factor * 1000 * kbps // _MPEG_RATES[version][rate_bits] + (header[2] >> 1 & 1)
