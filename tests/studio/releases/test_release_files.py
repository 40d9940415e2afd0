"""Files of a release: complete, reproducible, and nothing outside its folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace

import mmar
from expect import raises
from mmar.errors import MmarError
from mmar.files.safe_paths import clip_path
from mmar.items import Criterion, Item, load_benchmark
from mmar.studio.releases.release_files import public_items, verify_release, write_release
from mmar.studio.releases.release_texts import Previous, ReleaseFacts
from real_data import MMAR, needs_real_data

ABOUT = ReleaseFacts(
    name="tones",
    version="1.0",
    date="2026-11-30",
    title="Tones <script>",
    description="Questions about tones.",
    how_made="Written by hand, inspected by ear.",
    people=("Ada: annotation", "Bo: inspection"),
    licence_name="CC-BY-4.0",
    licence_text="The licence.\n",
    canary="canary 0000",
    agreement="Krippendorff's α is 0.81.",
    human_accuracy="88 of 100 by ear.",
    audit_report="No findings.",
    bias_report="All tones are sines.",
    contact="studio@example.org",
    withheld=("thinking", "cue", "rubric"),
    takedown_reasons=("asked by the maker", ""),
)


def item(name: str, **changes: object) -> Item:
    made = Item(
        id=name,
        audio_path=f"./audio/{name}.wav",
        question=f"Which pitch has {name}?",
        choices=("high", "low"),
        answer="low",
        modality="music",
        category="Signal Layer",
        language="en",
        url=f"https://www.youtube.com/watch?v={name:_<11}",
        timestamp="00:00:01,00:00:02",
        thinking="SECRET thinking",
        cue=("SECRET cue",),
        rubric=(Criterion("SECRET", "SECRET point"),),
    )
    return replace(made, **changes)


def sound(folder: Path, name: str, pitch: float = 440) -> Path:
    path = folder / f"{name}.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * pitch * np.arange(8000) / 8000), 8000)
    return path


@pytest.fixture
def audio(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "store").mkdir()
    return {name: sound(tmp_path / "store", name, 400 + 10 * index) for index, name in enumerate("abc")}


ITEMS = [item(name) for name in "abc"]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_release_is_a_benchmark_for_the_other_commands(audio: dict[str, Path], tmp_path: Path) -> None:
    made = write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    benchmark = load_benchmark(tmp_path / "out" / "tones-meta.jsonl", audio_dir=tmp_path / "out")
    assert [each.id for each in benchmark] == ["a", "b", "c"]
    assert (made, benchmark.name) == (benchmark.digest, "tones")
    for each in benchmark:
        path = clip_path(tmp_path / "out", each.audio_path)
        assert path.read_bytes() == audio[each.id].read_bytes()
    facts = json.loads((tmp_path / "out" / "release.json").read_text(encoding="utf-8"))
    assert (facts["digest"], facts["items"], facts["audio_files"]) == (made, 3, 3)


def test_withheld_fields_are_in_no_file(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    assert b"SECRET" not in b"".join(tree(tmp_path / "out").values())
    write_release(tmp_path / "open", ITEMS, audio, replace(ABOUT, withheld=("cue",)))
    (first, *_) = load_benchmark(tmp_path / "open" / "tones-meta.jsonl")
    assert (first.thinking, first.cue, first.rubric) == ("SECRET thinking", None, ITEMS[0].rubric)
    own = [Item.from_record(each.to_record() | {"author": "SECRET"}) for each in ITEMS]
    write_release(tmp_path / "own", own, audio, replace(ABOUT, withheld=("author",)))
    assert b"author" not in (tmp_path / "own" / "tones-meta.jsonl").read_bytes()
    for field, code in (("autor", "unknown-field"), ("answer", "field-not-withholdable")):
        with raises(code):
            write_release(tmp_path / "no", own, audio, replace(ABOUT, withheld=(field,)))


def test_a_release_has_the_same_bytes_in_another_process(audio: dict[str, Path], tmp_path: Path) -> None:
    one = write_release(tmp_path / "one", ITEMS, audio, ABOUT)
    program = (
        "import sys, msgspec; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_release_files import ABOUT, ITEMS; from mmar.studio.releases.release_files import write_release;"
        "store = Path(sys.argv[2]); write_release(Path(sys.argv[3]), ITEMS, {n: store / f'{n}.wav' for n in 'abc'}, ABOUT)"
    )
    places = [str(Path(__file__).parent), str(tmp_path / "store"), str(tmp_path / "two")]
    result = os.pathsep.join(map(str, (Path(__file__).parents[2], Path(mmar.__file__).parents[1])))
    subprocess.run(
        [sys.executable, "-c", program, *places],
        check=True,
        env={"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONPATH": result},
    )
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert write_release(tmp_path / "one", ITEMS, audio, ABOUT) == one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "store", "two"]


def test_another_release_in_the_folder_is_not_touched(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    before = tree(tmp_path / "out")
    with raises("exists"):
        write_release(tmp_path / "out", ITEMS[:2], audio, ABOUT)
    assert tree(tmp_path / "out") == before
    (tmp_path / "out" / "audio" / "a.wav").write_bytes(b"changed")
    with raises("exists"):
        write_release(tmp_path / "out", ITEMS, audio, ABOUT)


def test_checksums_of_every_file(audio: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_release(out, ITEMS, audio, ABOUT)
    assert verify_release(out) == ()
    lines = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert lines == {
        name: hashlib.sha256(data).hexdigest() for name, data in tree(out).items() if name != "SHA256SUMS"
    }
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=out, check=True)
    (out / "audio" / "a.wav").write_bytes(b"")
    (out / "LICENSE").unlink()
    (out / "extra").write_bytes(b"")
    assert {message.partition(":")[0] for message in verify_release(out)} == {
        "audio/a.wav",
        "LICENSE",
        "extra",
    }
    with raises("not-a-release"):
        verify_release(tmp_path)
    (out / "SHA256SUMS").write_text("nothing\n")
    with raises("damaged-checksums", line=1):
        verify_release(out)


def test_the_canary(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    files = tree(tmp_path / "out")
    assert files["tones-meta.jsonl"].count(b"canary 0000") == 3
    assert files["CANARY.txt"] == b"canary 0000\n"
    assert b"    canary 0000" in files["DATASHEET.md"]
    write_release(tmp_path / "none", ITEMS, audio, replace(ABOUT, canary=""))
    assert b"canary" not in (tmp_path / "none" / "tones-meta.jsonl").read_bytes()
    assert not (tmp_path / "none" / "CANARY.txt").exists()


def test_the_data_sheet(audio: dict[str, Path], tmp_path: Path) -> None:
    odd = [*ITEMS[:2], item("c", category="A | b\n# <img src=x>", url=ITEMS[0].url)]
    write_release(tmp_path / "out", odd, audio, ABOUT)
    text = (tmp_path / "out" / "DATASHEET.md").read_text(encoding="utf-8")
    assert text.startswith("# Tones \\<script\\>\n")
    assert "3 questions with 2 choices each. 3 of them come from 2 videos" in text
    assert "3 sounds of 1.0 to 1.0 s, 0.00 hours together, 8,000 Hz, 1 channels." in text
    assert "| Signal Layer | 2 |\n| A \\| b \\# \\<img src=x\\> | 1 |" in text
    assert "- 1: asked by the maker\n- 1: no reason given" in text
    for fact in (
        ABOUT.agreement,
        ABOUT.human_accuracy,
        ABOUT.audit_report,
        ABOUT.bias_report,
        ABOUT.people[0],
    ):
        assert fact in text
    assert "`cue`, `rubric`, `thinking`." in text


def test_changes_since_the_last_release(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "one", ITEMS, audio, ABOUT)
    earlier = Previous(
        public_items(ITEMS, ABOUT),
        {name: digest(path) for name, path in audio.items()},
        (tmp_path / "one" / "CHANGES.md").read_text(encoding="utf-8"),
    )
    old = digest(audio["a"])
    audio |= {"a": sound(tmp_path / "store", "a", 999), "d": sound(tmp_path / "store", "d")}
    second = [item("a"), item("c", answer="high", thinking="SECRET, other"), item("d")]
    about = replace(ABOUT, version="1.1", date="2027-01-31", canary="another 1")
    write_release(tmp_path / "two", second, audio, about, previous=earlier, taken_down=["b"])
    text = (tmp_path / "two" / "CHANGES.md").read_text(encoding="utf-8")
    assert text == (
        "# Changes\n\n## 1.1 (2027-01-31)\n\n"
        "- 1 added: d\n- 1 removed: b\n"
        f'- audio of a: "{old}" → "{digest(audio["a"])}"\n'
        '- answer of c: "low" → "high"\n'
        "- Taken down, to be deleted from every copy of earlier releases: b\n"
        "\n## 1.0 (2026-11-30)\n\nFirst release: 3 items.\n"
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../out-of-it.wav", "unsafe-path"),
        ("../out-evil/a.wav", "unsafe-path"),
        ("/etc/passwd", "unsafe-path"),
        ("audio\\a.wav", "unsafe-path"),
        ("C:/a.wav", "unsafe-path"),
        ("", "unsafe-path"),
        ("LICENSE", "reserved-name"),
        ("license/a.wav", "reserved-name"),
        ("tones-meta.jsonl", "reserved-name"),
    ],
)
def test_no_clip_is_written_outside_the_release(
    path: str, code: str, audio: dict[str, Path], tmp_path: Path
) -> None:
    with raises(code):
        write_release(tmp_path / "out", [item("a", audio_path=path)], audio, ABOUT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store"]


def test_items_with_one_clip_and_clips_with_one_path(audio: dict[str, Path], tmp_path: Path) -> None:
    shared = [item("a"), item("b", audio_path="audio/a.wav")]
    write_release(tmp_path / "out", shared, {"a": audio["a"], "b": audio["a"]}, ABOUT)
    assert len(list((tmp_path / "out" / "audio").iterdir())) == 1
    for path in ("audio/a.wav", "./audio/A.wav"):
        with raises("clip-conflict"):
            write_release(tmp_path / "no", [item("a"), item("b", audio_path=path)], audio, ABOUT)


def test_a_refused_release_leaves_nothing(audio: dict[str, Path], tmp_path: Path) -> None:
    for about, items, code in (
        (ABOUT, [item("z")], "audio-missing"),
        (ABOUT, [], "nothing-to-release"),
        (replace(ABOUT, licence_text=" "), ITEMS, "licence-missing"),
    ):
        with raises(code):
            write_release(tmp_path / "out", items, audio, about)
    audio["a"].write_bytes(b"no sound")
    with pytest.raises(MmarError):
        write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store"]
    with raises("not-writable"):
        write_release(tmp_path / "store" / "b.wav" / "out", ITEMS[1:], audio, ABOUT)


@needs_real_data
def test_mmar_released_again_has_the_publishers_digest(tmp_path: Path) -> None:
    original = load_benchmark(MMAR)
    about = replace(ABOUT, name="again")
    assert write_release(tmp_path / "out", original.items, None, about) == original.digest
    whole = replace(ABOUT, name="MMAR", withheld=(), canary="")
    earlier = Previous(public_items(original, about), {}, "")
    write_release(tmp_path / "whole", original.items, None, whole, previous=earlier)
    assert (tmp_path / "whole" / "MMAR-meta.jsonl").read_bytes() == MMAR.read_bytes() + b"\n"
    changes = (tmp_path / "whole" / "CHANGES.md").read_text(encoding="utf-8")
    assert (
        "- thinking: added in 1000 items\n- cue: added in 1000 items\n- rubric: added in 1000 items\n"
        in changes
    )
    sheet = (tmp_path / "whole" / "DATASHEET.md").read_text(encoding="utf-8")
    assert "1000 of them come from 911 videos" in sheet
