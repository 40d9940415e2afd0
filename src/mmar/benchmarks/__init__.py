"""Where benchmarks come from: the catalogue, editions, downloads, and the demonstration set.

`resolve` turns a name or a path into files and is fast; `mmar.benchmarks.get` downloads.
"""

from __future__ import annotations

from mmar.benchmarks.cache import Cache, Receipt, default_cache_dir
from mmar.benchmarks.catalogue import (
    CATALOGUE,
    Archive,
    CatalogueEntry,
    RemoteFile,
    catalogue_facts,
    find_entry,
)
from mmar.benchmarks.locate import BenchmarkFiles, resolve

__all__ = [
    "CATALOGUE",
    "Archive",
    "BenchmarkFiles",
    "Cache",
    "CatalogueEntry",
    "Receipt",
    "RemoteFile",
    "catalogue_facts",
    "default_cache_dir",
    "find_entry",
    "resolve",
]
