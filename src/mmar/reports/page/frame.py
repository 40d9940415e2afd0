"""The frame of a page: one HTML file that needs no server and loads nothing from elsewhere.

Script and style stand in the page and are allowed by their hashes alone. Data are blocks of gzip in base64, which the
page inflates itself; the same data give the same bytes. The script is written as ES modules under `web/` and
joined here, since a page that is opened from disk may not load modules.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from mmar._version import __version__
from mmar.errors import UsageError

_IMPORT = re.compile(r"^import\s(?:[^;]*?from\s+)?'\./([\w.-]+)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


def bundle(entry: str) -> str:
    """Join a script under `web/` with the modules that it imports, each once and before those that need it.

    The names at the top of all modules of one page must differ, since they share one scope.
    """
    return "'use strict';\n(() => {\n" + "\n".join(_modules(entry, set())) + "})();\n"


def _modules(name: str, seen: set[str]) -> Iterator[str]:
    seen.add(name)
    source = _asset(name)
    for other in _IMPORT.findall(source):
        if other not in seen:
            yield from _modules(other, seen)
    yield f"// {name}\n" + _EXPORT.sub("", _IMPORT.sub("", source)).lstrip("\n")


def styles(*names: str) -> str:
    """Style sheets under `web/`, joined in order."""
    return "\n".join(map(_asset, names))


def _asset(name: str) -> str:
    return (files("mmar.reports.page") / "web" / name).read_text("utf-8")


def json_block(value: Any) -> bytes:
    """A value as compact JSON, in ASCII: lone surrogates in a model's text pass as escapes."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def encode_block(data: bytes) -> str:
    """Data as gzip in base64; without a time, so that the same data give the same text."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode("ascii")


def page(
    title: str,
    *,
    kind: str,
    script: str,
    style: str,
    blocks: Mapping[str, str],
    language: str = "en",
    media: bool = False,
    side_scripts: bool = False,
    server: bool = False,
) -> str:
    """Build a page.

    Args:
        title: of the document.
        kind: of the page, such as `report`; see `check_folder`.
        script: from `bundle`.
        style: from `styles`.
        blocks: by id, from `encode_block`; the page reads each with `readJson` or `readBytes`.
        language: in which the page opens, `en` or `zh`.
        media: whether sounds and pictures beside the page are used.
        side_scripts: whether data are loaded from script files beside the page.
        server: whether the page asks the server that it came from.
    """
    policy = {
        "default-src": ["'none'"],
        "script-src": [_hash(script), *(["'self'"] if side_scripts else [])],
        "style-src": [_hash(style)],
        "img-src": ["data:", *(["'self'"] if media else [])],
        "media-src": ["'self'"] if media else ["'none'"],
        **({"connect-src": ["'self'"]} if server else {}),
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    csp = "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{"zh-Hans" if language == "zh" else "en"}">',
            "<head>",
            f'<meta name="generator" content="mmar {__version__} {kind}">',
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{csp}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{html.escape(title)}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            "<noscript>This page needs JavaScript.</noscript>",
            *(
                f'<script type="application/gzip" id="{name}">{text}</script>'
                for name, text in blocks.items()
            ),
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        )
    )


def check_folder(folder: Path, kind: str) -> None:
    """Check that a page may be written into a folder.

    Raises:
        UsageError: it is a file, or a folder that holds something else than an earlier page of that kind.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is a file", code="not-a-folder", argument="out", hint="choose another folder"
        )
    if not folder.exists() or not any(folder.iterdir()):
        return
    index = folder / "index.html"
    head = ""
    if index.is_file():
        with index.open("rb") as stream:
            head = stream.read(2048).decode("utf-8", "replace")
    if not re.search(rf'<meta name="generator" content="mmar [^ "]+ {kind}">', head):
        raise UsageError(
            f"{folder} is not empty and does not contain a {kind} of mmar",
            code="not-empty",
            argument="out",
            hint="choose another folder",
        )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
