import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

import mmar
from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.safe_paths import clip_path
from mmar.items import Criterion, Item, load_benchmark
from mmar.studio.exchange.changes import read_previous
from mmar.studio.exchange.checksums import verify_release
from mmar.studio.exchange.release_facts import ReleaseFacts, TakenDown, new_canary
from mmar.studio.exchange.release_files import Release, write_release
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
    citation="The makers, 2026.",
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
    return msgspec.structs.replace(made, **changes)


def sound(folder: Path, name: str, pitch: float = 440) -> Path:
    path = folder / f"{name}.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * pitch * np.arange(8000) / 8000), 8000)
    return path


@pytest.fixture
def audio(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "store").mkdir()
    return {name: sound(tmp_path / "store", name, 400 + 10 * at) for at, name in enumerate("abc")}


ITEMS = [item(name) for name in "abc"]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_release_is_a_benchmark_that_the_other_commands_take(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    made = write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    benchmark = load_benchmark(tmp_path / "out" / "tones-meta.jsonl", audio_dir=tmp_path / "out")
    assert [each.id for each in benchmark] == ["a", "b", "c"]
    assert (made.digest, made.items, made.files, made.left_out) == (benchmark.digest, 3, 10, ())
    assert benchmark.name == "tones"
    for each in benchmark:
        path = clip_path(tmp_path / "out", each.audio_path)
        assert path.read_bytes() == audio[each.id].read_bytes()
    facts = json.loads((tmp_path / "out" / "release.json").read_text(encoding="utf-8"))
    assert (facts["digest"], facts["items"], facts["audio_files"]) == (made.digest, 3, 3)


def test_private_fields_are_nowhere_in_it(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    everything = b"".join(tree(tmp_path / "out").values())
    assert b"SECRET" not in everything
    records = [json.loads(line) for line in (tmp_path / "out" / "tones-meta.jsonl").read_text().splitlines()]
    assert not any({"thinking", "cue", "rubric"} & set(record) for record in records)
    open_about = msgspec.structs.replace(ABOUT, withheld=("cue",))
    write_release(tmp_path / "open", ITEMS, audio, open_about)
    (first, *_) = load_benchmark(tmp_path / "open" / "tones-meta.jsonl")
    assert (first.thinking, first.cue) == ("SECRET thinking", None)
    assert first.rubric == ITEMS[0].rubric


def test_a_field_of_the_teams_own_may_be_withheld_and_an_unknown_one_is_a_mistake(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    own = [Item.from_record(each.to_record() | {"author": "SECRET"}) for each in ITEMS]
    write_release(tmp_path / "out", own, audio, msgspec.structs.replace(ABOUT, withheld=("author",)))
    assert b"author" not in (tmp_path / "out" / "tones-meta.jsonl").read_bytes()
    for field, said in (("autor", 'no field "autor"'), ("answer", "cannot be withheld")):
        with pytest.raises(UsageError, match=said):
            write_release(tmp_path / "no", own, audio, msgspec.structs.replace(ABOUT, withheld=(field,)))


def test_repeated_it_is_the_same_to_the_byte_and_leaves_the_first_alone(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    one = write_release(tmp_path / "one", ITEMS, audio, ABOUT)
    program = (
        "import sys, msgspec; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from test_release_files import ABOUT, ITEMS; from mmar.studio.exchange.release_files import write_release;"
        "store = Path(sys.argv[2]); write_release(Path(sys.argv[3]), ITEMS, {n: store / f'{n}.wav' for n in 'abc'}, ABOUT)"
    )
    places = [str(Path(__file__).parent), str(tmp_path / "store"), str(tmp_path / "two")]
    found = os.pathsep.join(map(str, (Path(__file__).parents[2], Path(mmar.__file__).parents[1])))
    subprocess.run(
        [sys.executable, "-c", program, *places],
        check=True,
        env={"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONPATH": found},
    )
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    again = write_release(tmp_path / "one", ITEMS, audio, ABOUT)
    assert again == one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "store", "two"]


def test_another_release_in_the_folder_is_not_touched(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    before = tree(tmp_path / "out")
    with pytest.raises(UsageError, match="holds something else"):
        write_release(tmp_path / "out", ITEMS[:2], audio, ABOUT)
    assert tree(tmp_path / "out") == before
    (tmp_path / "out" / "audio" / "a.wav").write_bytes(b"changed")
    with pytest.raises(UsageError, match="holds something else"):
        write_release(tmp_path / "out", ITEMS, audio, ABOUT)


def test_every_file_is_in_the_list_of_digests(audio: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_release(out, ITEMS, audio, ABOUT)
    assert verify_release(out) == ()
    lines = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    files = tree(out)
    assert lines == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "SHA256SUMS"
    }
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=out, check=True)
    (out / "audio" / "a.wav").write_bytes(b"")
    (out / "LICENSE").unlink()
    (out / "extra").write_bytes(b"")
    assert set(verify_release(out)) == {
        "audio/a.wav: is not what was released",
        "LICENSE: is missing",
        "extra: is not part of the release",
    }
    with pytest.raises(InputError, match="no readable SHA256SUMS"):
        verify_release(tmp_path)


@pytest.mark.parametrize(
    "what",
    [
        "b",
        "b__________",
        "youtube-b__________",
        "https://youtu.be/b__________?si=me",
        "https://www.youtube.com/watch?v=b__________",
        "sha",
    ],
)
def test_what_was_taken_down_is_left_out(what: str, audio: dict[str, Path], tmp_path: Path) -> None:
    if what == "sha":
        what = hashlib.sha256(audio["b"].read_bytes()).hexdigest()
    about = msgspec.structs.replace(
        ABOUT, taken_down=(TakenDown(what, "asked by the maker"), TakenDown("elsewhere"))
    )
    made = write_release(tmp_path / "out", ITEMS, audio, about)
    assert [(left.item, left.reason) for left in made.left_out] == [("b", "asked by the maker")]
    files = tree(tmp_path / "out")
    assert "audio/b.wav" not in files
    assert b'"b"' not in files["tones-meta.jsonl"]
    assert b"- 1: asked by the maker\n- 1: no reason given" in files["DATASHEET.md"]
    nothing = msgspec.structs.replace(ABOUT, taken_down=tuple(TakenDown(name) for name in "abc"))
    with pytest.raises(UsageError, match="no item to release"):
        write_release(tmp_path / "none", ITEMS, audio, nothing)


def test_a_clip_joined_of_two_videos_goes_when_either_is_taken_down(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    both = "https://www.bilibili.com/video/BV1ibZSYJEAa\nhttps://www.bilibili.com/video/BV1eg411q7iS?p=2"
    joined = [item("a"), item("b", url=both)]
    names = ("BV1ibZSYJEAa", "BV1eg411q7iS", "bilibili-BV1eg411q7iS-p2", f"{both.split()[1]}&vd_source=0")
    for number, what in enumerate(names):
        about = msgspec.structs.replace(ABOUT, taken_down=(TakenDown(what),))
        made = write_release(tmp_path / f"out {number}", joined, audio, about)
        assert [left.item for left in made.left_out] == ["b"]


def test_the_canary_is_in_every_record_and_may_be_left_out(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    files = tree(tmp_path / "out")
    assert files["tones-meta.jsonl"].count(b"canary 0000") == 3
    assert files["CANARY.txt"] == b"canary 0000\n"
    assert b"    canary 0000" in files["DATASHEET.md"]
    apart = msgspec.structs.replace(ABOUT, canary_in_records=False)
    assert (
        write_release(tmp_path / "apart", ITEMS, audio, apart).digest
        == load_benchmark(tmp_path / "out" / "tones-meta.jsonl").digest
    )
    assert b"canary" not in (tmp_path / "apart" / "tones-meta.jsonl").read_bytes()
    write_release(tmp_path / "none", ITEMS, audio, msgspec.structs.replace(ABOUT, canary=""))
    assert not (tmp_path / "none" / "CANARY.txt").exists()
    assert new_canary("x") != new_canary("x")


def test_the_data_sheet_counts_what_is_published_and_lets_no_text_become_markup(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    odd = [*ITEMS[:2], item("c", category="A | b\n# <img src=x>", url=ITEMS[0].url)]
    write_release(tmp_path / "out", odd, audio, ABOUT)
    text = (tmp_path / "out" / "DATASHEET.md").read_text(encoding="utf-8")
    assert text.startswith("# Tones \\<script\\>\n")
    assert "3 questions with 2 choices each. 3 of them come from 2 videos" in text
    assert "3 sounds of 1.0 to 1.0 s, 0.00 hours together, 8,000 Hz, 1 channels." in text
    assert "| Signal Layer | 2 |\n| A \\| b \\# \\<img src=x\\> | 1 |" in text
    for said in (
        "Krippendorff's α is 0.81.",
        "88 of 100 by ear.",
        "No findings.",
        "All tones are sines.",
        "Ada: annotation",
    ):
        assert said in text
    assert (
        "Withheld, since a question could be answered with them unheard: `cue`, `rubric`, `thinking`." in text
    )


def test_the_changes_since_the_last_release_and_the_history(audio: dict[str, Path], tmp_path: Path) -> None:
    write_release(tmp_path / "one", ITEMS, audio, ABOUT)
    sound(tmp_path / "store", "a", 999)
    audio["d"] = sound(tmp_path / "store", "d")
    second = [item("a"), item("c", answer="high", thinking="SECRET, other"), item("d")]
    about = msgspec.structs.replace(
        ABOUT, version="1.1", date="2027-01-31", canary="another 1", taken_down=(TakenDown("b"),)
    )
    write_release(
        tmp_path / "two", [*second, item("b")], audio, about, previous=read_previous(tmp_path / "one")
    )
    text = (tmp_path / "two" / "CHANGES.md").read_text(encoding="utf-8")
    digests = [
        hashlib.sha256((tmp_path / place / "audio/a.wav").read_bytes()).hexdigest()
        for place in ("one", "two")
    ]
    assert text == (
        "# Changes\n\n## 1.1 (2027-01-31)\n\n"
        "- 1 added: d\n- 1 removed: b\n"
        f'- audio of a: "{digests[0]}" → "{digests[1]}"\n'
        '- answer of c: "low" → "high"\n'
        "- Taken down, to be deleted from every copy of earlier releases: b\n"
        "\n## 1.0 (2026-11-30)\n\nFirst release: 3 items.\n"
    )
    assert "SECRET" not in text
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError):
            write_release(tmp_path / "three", second, audio, about, previous=read_previous(folder))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../out-of-it.wav", "leaves its folder"),
        ("../out-evil/a.wav", "leaves its folder"),
        ("/etc/passwd", "is absolute"),
        ("audio\\a.wav", "backslash"),
        ("C:/a.wav", "drive"),
        ("", "names no file"),
        ("LICENSE", "a file of the release itself"),
        ("license/a.wav", "a file of the release itself"),
        ("tones-meta.jsonl", "a file of the release itself"),
    ],
)
def test_no_sound_is_written_outside_of_the_release(
    path: str, said: str, audio: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        write_release(tmp_path / "out", [item("a", audio_path=path)], audio, ABOUT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store"]


def test_two_items_may_share_a_sound_and_not_contend_for_a_name(
    audio: dict[str, Path], tmp_path: Path
) -> None:
    shared = [item("a"), item("b", audio_path="audio/a.wav")]
    write_release(tmp_path / "out", shared, {"a": audio["a"], "b": audio["a"]}, ABOUT)
    assert len(list((tmp_path / "out" / "audio").iterdir())) == 1
    for path in ("audio/a.wav", "./audio/A.wav"):
        with pytest.raises(InputError, match="want different sounds"):
            write_release(tmp_path / "no", [item("a"), item("b", audio_path=path)], audio, ABOUT)


def test_what_does_not_suffice_is_refused_and_nothing_is_left(audio: dict[str, Path], tmp_path: Path) -> None:
    cases = [
        (ABOUT, [item("z")], "has no sound"),
        (ABOUT, [item("a"), item("a")], "stands twice"),
        (ABOUT, [], "no item to release"),
        (msgspec.structs.replace(ABOUT, name="../x"), ITEMS, "fit for file names"),
        (msgspec.structs.replace(ABOUT, date="today"), ITEMS, "write it as 2026-11-30"),
        (msgspec.structs.replace(ABOUT, licence_text=" "), ITEMS, "licence's text is empty"),
        (msgspec.structs.replace(ABOUT, how_made=""), ITEMS, "how it was made is empty"),
        (msgspec.structs.replace(ABOUT, canary="a\nb"), ITEMS, "on one line"),
    ]
    for about, items, said in cases:
        with pytest.raises((InputError, UsageError), match=said):
            write_release(tmp_path / "out", items, audio, about)
    audio["a"].write_bytes(b"no sound")
    with pytest.raises(InputError):
        write_release(tmp_path / "out", ITEMS, audio, ABOUT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["store"]


def test_a_disk_that_refuses(audio: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExternalError, match="cannot be written"):
        write_release(tmp_path / "file" / "out", ITEMS, audio, ABOUT)


@needs_real_data
def test_mmar_released_again_has_the_publishers_digest(tmp_path: Path) -> None:
    original = load_benchmark(MMAR)
    made: Release = write_release(
        tmp_path / "out", original, None, msgspec.structs.replace(ABOUT, name="again")
    )
    assert made.digest == original.digest
    assert made.items == 1000
    whole = msgspec.structs.replace(ABOUT, name="MMAR", withheld=(), canary="")
    write_release(tmp_path / "whole", original, None, whole, previous=read_previous(tmp_path / "out"))
    assert (tmp_path / "whole" / "MMAR-meta.jsonl").read_bytes() == MMAR.read_bytes() + b"\n"
    changes = (tmp_path / "whole" / "CHANGES.md").read_text(encoding="utf-8")
    assert "- thinking: new in 1000 items\n- cue: new in 1000 items\n- rubric: new in 1000 items\n" in changes
    sheet = (tmp_path / "whole" / "DATASHEET.md").read_text(encoding="utf-8")
    assert "1000 of them come from 911 videos" in sheet
    assert "The sounds are not part of this release." in sheet
