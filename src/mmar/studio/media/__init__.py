"""Sound for the studio: fetched, checked, cut, measured and shown. No database, no web framework.

    address ─► fetch_source ─► Source (one a video) ─┐
    upload  ─► inspect_upload ─► UploadFacts ────────┴─► readable_audio ─► prepare_clip ─► Prepared
                                                                       └─► build_waveform ─► Waveform

What a job does, in order: `fetch_source` (the one asynchronous function; cancelling it kills the downloader
and leaves nothing behind), `readable_audio` (most videos need ffmpeg once), `build_waveform` on the whole
recording, `prepare_clip` with the segments of `mmar.items.timestamps.parse_timestamp`. Everything but
`fetch_source` blocks: call it with `asyncio.to_thread`, or in a worker process. What may be fetched is a
`FetchPolicy`; nothing here reads the environment. Duplicates among the fingerprints of prepared clips are
found by `mmar.audio.landmarks`.

What a page needs: `open_waveform(path).window(start, end, points).to_json()`, `parse_range` to seek in a
file, `cut` for a preview of joined segments. Files are served with `UploadFacts.media_type` or
`container_of(path)`'s and by an id, never by a name or a type that somebody sent.
"""

from __future__ import annotations

from mmar.studio.media.containers import Container, container_of, ffmpeg_version, readable_audio
from mmar.studio.media.cutting import Prepared, cut, prepare_clip
from mmar.studio.media.fetching import Source, cached_source, clear_leftovers, fetch_source, source_key
from mmar.studio.media.loudness import Loudness, measure_loudness
from mmar.studio.media.policy import DEFAULT_POLICY, FetchPolicy, check_url
from mmar.studio.media.ranges import ByteRange, RangeNotSatisfiable, if_range_holds, parse_range
from mmar.studio.media.uploads import UploadFacts, inspect_upload
from mmar.studio.media.waveform import PeakWindow, Waveform, build_waveform, open_waveform

__all__ = [
    "DEFAULT_POLICY",
    "ByteRange",
    "Container",
    "FetchPolicy",
    "Loudness",
    "PeakWindow",
    "Prepared",
    "RangeNotSatisfiable",
    "Source",
    "UploadFacts",
    "Waveform",
    "build_waveform",
    "cached_source",
    "check_url",
    "clear_leftovers",
    "container_of",
    "cut",
    "fetch_source",
    "ffmpeg_version",
    "if_range_holds",
    "inspect_upload",
    "measure_loudness",
    "open_waveform",
    "parse_range",
    "prepare_clip",
    "readable_audio",
    "source_key",
]
