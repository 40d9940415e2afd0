"""What `mmar get` says at its end: what is there, how far it was verified, the licence, how to cite it."""

from __future__ import annotations

from mmar.benchmarks.catalogue import Entry
from mmar.benchmarks.obtain import Obtained
from mmar.benchmarks.store import AudioPart, Part, Witness
from mmar.files.progress import format_bytes

__all__ = ["summary"]

_SHOWN = 5
_WITNESSES: dict[Witness, str] = {
    "catalogue": "this program's catalogue",
    "host": "what its host announced",
}


def summary(entry: Entry, obtained: Obtained, *, audio_wanted: bool) -> str:
    """The closing words.

    Args:
        entry: the benchmark.
        obtained: what `obtain` gave.
        audio_wanted: whether the person asked for the clips.
    """
    receipt = obtained.receipt
    lines = [
        f"{entry.title}, revision {receipt.revision[:12]}"
        + ("" if obtained.changed else ": here already, nothing was fetched"),
        f"  questions  {_part(receipt.metadata)}",
    ]
    if receipt.audio is not None:
        lines += [f"  audio      {_part(receipt.audio)}", *_clips(receipt.audio)]
    elif audio_wanted:
        lines.append(f"  audio      not here: {entry.audio_advice}")
    else:
        lines.append("  audio      left out, as asked; without it only what needs no clips works")
    lines += [f"  in         {obtained.folder}", "", f"Licence of the data: {entry.licence}"]
    lines += [f"Cite as: {entry.citation}", "", entry.bibtex]
    return "\n".join(lines)


def _part(part: Part) -> str:
    size = format_bytes(part.size)
    if part.verified_by:
        return (
            f"{size}, SHA-256 verified against {' and '.join(_WITNESSES[each] for each in part.verified_by)}"
        )
    return f"{size}, not verified: nobody publishes a digest of it; its SHA-256 is {part.sha256}"


def _clips(audio: AudioPart) -> list[str]:
    total = audio.clips + len(audio.missing)
    others = "file" if audio.left_out == 1 else "files"
    extra = f"; {audio.left_out:,} other {others} of the archive left out" if audio.left_out else ""
    lines = [f"  clips      {audio.clips:,} of {total:,}, {format_bytes(audio.clip_bytes)}{extra}"]
    if audio.missing:
        more = f" and {len(audio.missing) - _SHOWN:,} more" if len(audio.missing) > _SHOWN else ""
        lines.append(f"  missing    {', '.join(audio.missing[:_SHOWN])}{more}")
    return lines
