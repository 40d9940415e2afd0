"""The frame of a page: joined scripts, hashes, blocks."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mmar.reports.page import frame
from mmar.reports.page.frame import bundle, encode_block, json_block, page, styles

WEB = Path(frame.__file__).parent / "web"


@pytest.fixture(scope="module")
def report_script() -> str:
    return bundle("report.js")


def test_each_module_stands_once_and_after_those_that_it_imports(report_script: str) -> None:
    names = re.findall(r"^// (\w+\.js)$", report_script, re.MULTILINE)
    assert len(names) == len(set(names))
    assert names.index("base.js") < names.index("data.js") < names.index("items.js") < names.index("item.js")
    assert names[-1] == "report.js"
    assert not re.search(r"^\s*(import|export)\b", report_script, re.MULTILINE)


@pytest.mark.parametrize("entry", ["report.js", "leaderboard.js", "errors.js"])
def test_names_in_the_modules_of_a_page_differ(entry: str) -> None:
    pattern = r"^(?:async )?(?:function|const|let|class) (\w+)"
    counts = Counter(re.findall(pattern, bundle(entry), re.MULTILINE))
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", sorted(WEB.iterdir()), ids=lambda path: path.name)
def test_scripts_and_styles_are_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 120
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text
    assert "eval(" not in text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_joined_script_parses(report_script: str, tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text(report_script, "utf-8")
    subprocess.run(["node", "--check", tmp_path / "page.js"], check=True, timeout=120)


def test_script_and_style_are_allowed_by_their_hashes_alone() -> None:
    html = page(
        "A <title>", kind="test", script="let x = 1;\n", style="a {}\n", blocks={"core": encode_block(b"1")}
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    parts = {name: sources for name, *sources in (part.split() for part in policy[1].split("; "))}
    for name, text in (("script-src", "let x = 1;\n"), ("style-src", "a {}\n")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert parts[name] == [f"'sha256-{digest}'"]
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == ["'none'"]
    assert parts["media-src"] == ["'none'"]
    assert "<title>A &lt;title&gt;</title>" in html


@pytest.mark.parametrize(
    ("option", "directive"),
    [("media", "media-src"), ("media", "img-src"), ("side_scripts", "script-src")],
)
def test_files_beside_the_page_are_allowed_where_there_are_any(option: str, directive: str) -> None:
    html = page("t", kind="test", script="", style="", blocks={}, **{option: True})  # type: ignore[arg-type]
    assert re.search(rf"{directive} [^;]*'self'", html)


def test_blocks_have_no_time_and_take_any_text() -> None:
    value = {"text": "</script><!-- \ud800 雨"}
    block = encode_block(json_block(value))
    assert block == encode_block(json_block(value))
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", block)
    assert gzip.decompress(base64.b64decode(block)) == b'{"text":"</script><!-- \\ud800 \\u96e8"}'


def test_styles_are_joined_in_order() -> None:
    assert styles("base.css", "report.css").startswith(styles("base.css"))
