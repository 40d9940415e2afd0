"""Content: import and export without change, problems, and differences."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.items import Item
from mmar.studio.workflow import ItemContent, changes, problems, three_way
from mmar.studio.workflow.content import Cue, drop_stale_extra, from_item, recut_if_moved, to_item
from mmar.studio.workflow.taxonomy import (
    MMAR_TEMPLATE,
    Layer,
    Move,
    Taxonomy,
    layer_map,
    remap,
    removed_categories,
)
from studio_content import GOOD

MMAR = Path(__file__).parents[3] / "../shared/mmar/MMAR-meta.jsonl"


def codes(content: ItemContent) -> set[str]:
    return {problem.code for problem in problems(content, layers=layer_map(MMAR_TEMPLATE))}


def test_every_mmar_item_is_the_same_record_after_import_and_export() -> None:
    if not MMAR.exists():
        pytest.skip("../shared/mmar is not there")
    for line in MMAR.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        item = Item.from_record(record)
        content = msgspec.json.decode(msgspec.json.encode(from_item(item)), type=ItemContent)
        assert list(to_item(content, item.id, item.audio_path).to_record().items()) == list(record.items())
        assert content.segments


@given(
    st.fixed_dictionaries(
        {
            "id": st.text(min_size=1),
            "audio_path": st.text(),
            "question": st.text(),
            "choices": st.just(["a", "", "b"]),
            "answer": st.sampled_from(["a", "", "b"]),
            "modality": st.text(),
            "category": st.text(),
        },
        optional={
            name: st.none() | st.text(max_size=5)
            for name in ("sub-category", "language", "source", "url", "timestamp", "thinking", "note")
        }
        | {"cue": st.none() | st.lists(st.text(max_size=3), max_size=2)},
    )
)
def test_any_record_is_unchanged_after_import_and_export(record: dict[str, object]) -> None:
    item = Item.from_record(record)
    content = msgspec.json.decode(msgspec.json.encode(from_item(item)), type=ItemContent)
    assert to_item(content, item.id, item.audio_path).to_record() == record


def test_complete_content_has_no_problem_and_an_empty_one_lists_what_is_missing() -> None:
    assert codes(GOOD) == set()
    assert codes(ItemContent()) >= {
        "question-missing",
        "choices-count",
        "key-missing",
        "modality-missing",
        "layer-missing",
        "audio-missing",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"choices": ("Violin", "violin ", "Flute")}, "choices-twice"),
        ({"choices": ("near to far", "far to near", "x")}, "choices-same-words"),
        ({"choices": ("Violin", "The cello of the second desk, muted", "Harp")}, "key-longest"),
        ({"question": "Where does the cello enter?"}, "key-in-question"),
        ({"choices": ("2", "3", "4")}, "key-middle"),
        ({"choices": ("Violin", "Cello", "")}, "choice-empty"),
        ({"choices": ("Violin", "Cello", "None of the above")}, "choice-all-none"),
        ({"modality": "mix-music-speech"}, "language-missing"),
        ({"timestamp": "2:02,1:32"}, "segment-unreadable"),
        ({"timestamp": "0:00,20:00"}, "segment-long"),
        ({"sub_category": "Imagination"}, "sub-unknown"),
        ({"category": "Fifth Layer"}, "layer-unknown"),
        ({"answer": 7}, "key-missing"),
        ({"thinking": " "}, "thinking-missing"),
        ({"cues": ()}, "cue-missing"),
        ({"cues": (Cue("a beat", 3.5),)}, "cue-half"),
        ({"cues": (Cue("a beat", 3.5, 3.5),)}, "cue-half"),
    ],
)
def test_each_problem_has_a_code(change: dict[str, object], code: str) -> None:
    assert code in codes(msgspec.structs.replace(GOOD, **change))


def test_an_item_without_a_key_cannot_be_released() -> None:
    with raises("key-missing"):
        to_item(msgspec.structs.replace(GOOD, answer=None), "x", "x.wav")


def test_changes_list_fields_and_words() -> None:
    after = msgspec.structs.replace(GOOD, question="Which instrument enters first?", answer=0)
    result = changes(GOOD, after)
    assert [change.field for change in result] == ["question", "answer"]
    assert [(p.kind, p.text) for p in result[0].pieces] == [
        ("unchanged", "Which instrument enters "),
        ("removed", "last?"),
        ("added", "first?"),
    ]
    assert (result[1].before, result[1].after) == ("Cello", "Violin")


def test_edits_of_different_fields_are_merged_and_of_the_same_field_conflict() -> None:
    theirs = msgspec.structs.replace(GOOD, thinking="Bowed, low, late.")
    yours = msgspec.structs.replace(GOOD, question="Who comes last?")
    conflict = three_way(GOOD, theirs, yours)
    assert conflict.both == ()
    assert (conflict.merged.thinking, conflict.merged.question) == ("Bowed, low, late.", "Who comes last?")
    conflict = three_way(GOOD, msgspec.structs.replace(GOOD, question="Who is last?"), yours)
    assert conflict.both == ("question",)
    assert conflict.merged.question == "Who comes last?"
    # One moved the key, the other the choices: together they could name a choice that nobody meant.
    reordered = msgspec.structs.replace(GOOD, choices=GOOD.choices[::-1], answer=2)
    assert "answer" in three_way(GOOD, reordered, msgspec.structs.replace(GOOD, answer=0)).both


def test_the_template_is_mmars_taxonomy_and_a_new_one_moves_items() -> None:
    assert len(MMAR_TEMPLATE.checked().layers) == 4
    assert sum(len(branch.subs) for branch in MMAR_TEMPLATE.layers) == 16
    new = Taxonomy((Layer("Perception Layer", ("Music",)), Layer("New")))
    assert ("Perception Layer", "Music Theory") in removed_categories(MMAR_TEMPLATE, new)
    moved = remap(GOOD, [Move("Perception Layer", "Music Theory", "Perception Layer", "Music")])
    assert moved.sub_category == "Music"
    assert remap(moved, [Move("Perception Layer", "Music Theory", "New", "")]) is moved
    with raises("duplicate-name", field="taxonomy"):
        Taxonomy((Layer("A"), Layer("A"))).checked()


def test_a_field_filled_in_after_import_is_written_and_an_edited_rubric_replaces_the_old_one() -> None:
    record = {
        "id": "a",
        "audio_path": "a.wav",
        "question": "q",
        "choices": ["x", "y"],
        "answer": "x",
        "modality": "sound",
        "category": "c",
        "rubric": [{"name": "n", "scoring_point": "p", "note": "", "choices": [0, 1], "weight": 2}],
    }
    before = from_item(Item.from_record(record))
    assert to_item(before, "a", "a.wav").to_record() == record
    after = drop_stale_extra(before, msgspec.structs.replace(before, thinking="because", rubric=()))
    record = to_item(after, "a", "a.wav").to_record()
    assert (record["thinking"], record["rubric"]) == ("because", None)


def test_an_imported_clip_is_cut_again_after_other_segments_but_not_another_spelling() -> None:
    came = ItemContent(
        audio_path="./audio/a.wav", url="https://youtu.be/qx8hrhBZJ98?si=1", timestamp="1:32,2:02"
    )

    def cut(**new: str) -> bool:
        return recut_if_moved(came, msgspec.structs.replace(came, **new)).cut

    assert not cut(question="Which?")
    assert not cut(timestamp="00:01:32,00:02:02", url="https://www.youtube.com/watch?v=qx8hrhBZJ98")
    assert cut(timestamp="1:32,2:03")
    assert cut(timestamp="1:32,2:02;3:00,3:05")
    assert cut(url="https://youtu.be/y4uF5rxiZDI")
    again = msgspec.structs.replace(came, cut=True)
    assert recut_if_moved(again, came).cut  # a program that does not send it takes nothing back
    assert recut_if_moved(ItemContent(), ItemContent(timestamp="1,2")) == ItemContent(timestamp="1,2")


def test_similar_texts_are_compared_by_words_and_others_as_a_whole() -> None:
    anew = msgspec.structs.replace(GOOD, thinking="First a cello, which is bowed, is heard at the end.")
    (change,) = changes(GOOD, anew)
    assert [(piece.kind, piece.text) for piece in change.pieces] == [
        ("removed", GOOD.thinking),
        ("added", anew.thinking),
    ]
    (change,) = changes(GOOD, msgspec.structs.replace(GOOD, thinking="The low bowed voice comes last."))
    assert [piece.text for piece in change.pieces if piece.kind == "unchanged"] == [
        "The low bowed voice comes "
    ]
    (change,) = changes(GOOD, msgspec.structs.replace(GOOD, thinking=""))
    assert [piece.kind for piece in change.pieces] == ["removed"]
