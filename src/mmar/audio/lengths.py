"""Lengths that a file does not state, chunk by reading its framing: WAV, FLAC and MPEG audio.

libsndfile trusts the length in a header. Where there is none it reads less than there is, or nothing, without an
error. `repaired` finds the true length and gives libsndfile the same file with a header that states it:

    WAV    the `data` chunk has size 0, or one of the placeholders near 2^31 and 2^32 that programs leave when they
           write into a pipe (RIFF WAVE, Microsoft and IBM 1991)
    FLAC   STREAMINFO has 0 total samples; the last frame's header has the number of its first sample (RFC 9639)
    MPEG   layer III without a Xing, Info or VBRI header; its frames are counted (ISO/IEC 11172-3 and 13818-3), and a
           Xing header with that number is put in front
"""

from __future__ import annotations

import mmap
import struct
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

import msgspec

from mmar.errors import InputError

# Programs that write WAV into a pipe leave a size near one of these.
_PLACEHOLDERS = (range(0x7FFF0000, 0x80010000), range(0xFFFF0000, 0x100000000))
_AGAIN = "get the file again, or convert it again from its source"
_MAX_CHUNK_WALK = 10_000
_MAX_SEARCHES = 1_000_000  # for the next MPEG frame, in one file

_LAYER_3_KBPS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class Repaired(msgspec.Struct, frozen=True):
    """How to read a file whose header does not state its length.

    Attributes:
        header: bytes that replace the beginning of the file.
        start: offset of the first byte of the file that follows them.
    """

    header: bytes
    start: int

    def open(self, path: Path) -> BinaryIO:
        """The file with its new header, as a stream that can be read and searched."""
        return _Prefixed(self.header, path.open("rb"), self.start)  # type: ignore[return-value]


class _Prefixed(RawIOBase):
    """Some bytes, followed by a file from an offset on."""

    def __init__(self, header: bytes, file: BinaryIO, start: int) -> None:
        self._header, self._file, self._start = header, file, start
        self._size = len(header) + file.seek(0, 2) - start
        self._position = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Set the position."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def seekable(self) -> bool:
        """Always true."""
        return True

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Read into a buffer."""
        view = memoryview(buffer).cast("B")
        done = 0
        if self._position < len(self._header):
            piece = self._header[self._position : self._position + len(view)]
            view[: len(piece)] = piece
            done = len(piece)
        if done < len(view):
            self._file.seek(max(0, self._position + done - len(self._header)) + self._start)
            data = self._file.read(len(view) - done)
            view[done : done + len(data)] = data
            done += len(data)
        self._position += done
        return done

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def repaired(path: Path, kind: str) -> Repaired | None:
    """A header that states a file's length, if its own does not.

    Args:
        path: an audio file.
        kind: its format, as `mmar.files.sniff` names it.

    Returns:
        `None` if the file's own header is to be used.

    Raises:
        InputError: a WAV or FLAC file ends before the sound that it contains (code `cut-short`), or most of an MPEG
            file is no MPEG audio (`not-audio`).
    """
    with path.open("rb") as stream:
        if kind == "wav":
            return _repaired_wav(stream, path)
        if kind == "flac":
            return _repaired_flac(stream, path)
        if kind == "mp3":
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _repaired_mp3(data, path)
    return None


def wav_data_chunk(stream: BinaryIO) -> tuple[int, int, int] | None:
    """Find the `data` chunk of a RIFF WAVE file.

    Args:
        stream: a file at its start.

    Returns:
        Offset of the samples, the size that the chunk states, and the bytes from there to the end of the file;
        `None` if this is not RIFF WAVE or has no such chunk.
    """
    head = stream.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    for _ in range(_MAX_CHUNK_WALK):
        chunk = stream.read(8)
        if len(chunk) < 8:
            break
        name, size = struct.unpack("<4sI", chunk)
        start = stream.tell()
        if name == b"data":
            return start, size, stream.seek(0, 2) - start
        stream.seek(start + size + size % 2)
    return None


def _repaired_wav(stream: BinaryIO, path: Path) -> Repaired | None:
    chunk = wav_data_chunk(stream)
    if chunk is None:
        return None
    start, stated, present = chunk
    unknown = stated > present and any(stated in sizes for sizes in _PLACEHOLDERS)
    if stated == 0 and present:
        stream.seek(start)
        unknown = not _is_chunk(stream.read(8), present)
    if stated > present and not unknown:
        raise cut_short(path, f"{stated - present:,} bytes of samples that the header states are missing")
    if not unknown or start + present > 0xFFFFFFFF:
        return None
    stream.seek(0)
    header = bytearray(stream.read(start))
    struct.pack_into("<I", header, 4, start - 8 + present)
    struct.pack_into("<I", header, start - 4, present)
    return Repaired(bytes(header), start)


def _is_chunk(head: bytes, present: int) -> bool:
    """Whether bytes that follow an empty `data` chunk are another chunk, such as a list of tags."""
    if len(head) < 8:
        return True
    return head[:4].isalnum() and struct.unpack_from("<I", head, 4)[0] <= present - 8


def cut_short(path: Path, detail: str) -> InputError:
    """The error for a file that ends too early."""
    return InputError(
        f"the file was cut short: {detail}",
        file=str(path),
        code="cut-short",
        hint=_AGAIN,
    )


def _repaired_flac(stream: BinaryIO, path: Path) -> Repaired | None:
    header = bytearray(stream.read(42))
    if len(header) < 42 or header[4] & 0x7F:
        return None  # the STREAMINFO block must come first; libsndfile reports what is wrong
    if header[21] & 0x0F or any(header[22:26]):
        return None  # total samples: 36 bits
    largest_block = int.from_bytes(header[10:12], "big")
    stream.seek(0)
    data = stream.read()
    position = len(data)
    # The last frame is the last place that reads like a frame header and whose checksum covers the rest of the file.
    while (position := data.rfind(b"\xff", 42, position)) >= 0:
        frame = _flac_frame(data, position, largest_block)
        if frame is not None and _crc16(data[position:]) == 0:
            total = min(frame, (1 << 36) - 1)
            header[21] |= total >> 32
            header[22:26] = (total & 0xFFFFFFFF).to_bytes(4, "big")
            return Repaired(bytes(header), 42)
        if len(data) - position > 1 << 22:
            break  # larger than any frame
    raise cut_short(path, "its last frame is not complete")


def _flac_frame(data: bytes, position: int, largest_block: int) -> int | None:
    """The number of samples up to the end of a frame; `None` if no frame header is there."""
    head = data[position : position + 16]
    if len(head) < 16 or head[1] not in (0xF8, 0xF9) or head[3] & 1:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    lead = head[4]
    extra = 0 if lead < 0x80 else len(f"{lead:08b}".partition("0")[0]) - 1
    if extra < 0 or extra > 6 or size_code == 0 or rate_code == 15:
        return None
    if extra == 0 and lead >= 0x80:
        return None
    number = lead if extra == 0 else lead & (0x3F >> extra)
    for byte in head[5 : 5 + extra]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    end = 5 + extra
    if size_code == 1:
        size = 192
    elif size_code <= 5:
        size = 576 << size_code - 2
    elif size_code <= 7:
        width = size_code - 5
        size = int.from_bytes(head[end : end + width], "big") + 1
        end += width
    else:
        size = 256 << size_code - 8
    end += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if end >= len(head) or _crc8(head[:end]) != head[end]:
        return None
    first = number if head[1] & 1 else number * largest_block
    return first + size


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF
    return value


def _crc16_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005 if value & 0x8000 else value << 1) & 0xFFFF
        table.append(value)
    return tuple(table)


_CRC16 = _crc16_table()


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value


def _repaired_mp3(data: mmap.mmap, path: Path) -> Repaired | None:
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
    count = _count_frames(data, first, path)
    # A frame of the same kind, of medium bit rate and without a checksum, that holds nothing but the count.
    lead = bytes((0xFF, header[1] | 1, 9 << 4 | header[2] & 0x0C, header[3]))
    xing = lead + bytes(side_info) + b"Xing" + struct.pack(">II", 1, count)
    return Repaired(xing.ljust(_frame_size(lead), b"\0"), first)


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


def _count_frames(data: mmap.mmap, position: int, path: Path) -> int:
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
            raise InputError(
                f"expected an MP3 file, found few MPEG frames ({count:,}) and much else",
                file=str(path),
                code="not-audio",
                hint=_AGAIN,
            )
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
