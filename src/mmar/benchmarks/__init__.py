"""Where a benchmark comes from: the publisher's files at a pinned revision, or the set that is made here.

`resolve` turns a name or a path into files and is cheap; `mmar.benchmarks.obtain` fetches and is not imported
until something is fetched. The names are imported when first used: scoring needs the catalogue alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmar.benchmarks.catalogue import CATALOGUE, Archive, Entry, RemoteFile, entry_named
    from mmar.benchmarks.locate import Located, resolve
    from mmar.benchmarks.store import Receipt, Store, default_cache_dir

__all__ = [
    "CATALOGUE",
    "Archive",
    "Entry",
    "Located",
    "Receipt",
    "RemoteFile",
    "Store",
    "default_cache_dir",
    "entry_named",
    "resolve",
]

_WHERE = {
    "Archive": "catalogue",
    "CATALOGUE": "catalogue",
    "Entry": "catalogue",
    "Located": "locate",
    "Receipt": "store",
    "RemoteFile": "catalogue",
    "Store": "store",
    "default_cache_dir": "store",
    "entry_named": "catalogue",
    "resolve": "locate",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
