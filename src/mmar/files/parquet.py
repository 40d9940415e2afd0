"""Reading of Parquet files row by row, including audio columns of the Hugging Face Hub (needs pyarrow)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmar.errors import InputError, UsageError

_MAGIC = b"PAR1"
_ROWS = 256  # at once; clips of a row may be megabytes


def is_parquet(head: bytes) -> bool:
    """Whether a file's first bytes are those of a Parquet file."""
    return head[:4] == _MAGIC


def parquet_rows(path: Path, *, audio: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the 1-based number and the row of each record of a Parquet file.

    Columns with bytes, such as the Hub's clips (`{"bytes", "path"}`), are left out unless `audio` is set.

    Raises:
        UsageError: pyarrow is not installed (code `missing-extra`).
        InputError: the file is damaged.
    """
    try:
        import pyarrow
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError(
            f"{path} is Parquet, which needs pyarrow",
            code="missing-extra",
            hint="pip install 'mmar[parquet]'",
        ) from None
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            columns = [
                name for name in schema.names if audio or not _has_bytes(pyarrow, schema.field(name).type)
            ]
            for batch in file.iter_batches(batch_size=8 if audio else _ROWS, columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pyarrow.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            "the Parquet file is damaged or incomplete",
            file=str(path),
            code="damaged-parquet",
            hint="get the file again",
        ) from None


def _has_bytes(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    if types.is_struct(kind):
        return any(_has_bytes(pyarrow, kind.field(index).type) for index in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))
