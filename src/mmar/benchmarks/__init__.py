"""Where a benchmark comes from: the publisher's files at a pinned revision, or the set that is made here.

`resolve` turns a name or a path into files and is cheap; `mmar.benchmarks.obtain` fetches and is not imported
until something is fetched.
"""

from __future__ import annotations

from mmar.benchmarks.catalogue import CATALOGUE, Archive, Entry, RemoteFile, entry_named
from mmar.benchmarks.locate import Located, resolve
from mmar.benchmarks.paths import clip_path
from mmar.benchmarks.store import Receipt, Store, default_cache_dir

__all__ = [
    "CATALOGUE",
    "Archive",
    "Entry",
    "Located",
    "Receipt",
    "RemoteFile",
    "Store",
    "clip_path",
    "default_cache_dir",
    "entry_named",
    "resolve",
]
