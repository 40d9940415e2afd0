import csv
import io
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from item_strategies import ANY, BENCHMARKS, as_json

from expect import raises
from mmar.errors import InputError
from mmar.items import Item, benchmark_digest, load_benchmark
from mmar.studio.exchange.csv_format import csv_text, read_csv
from real_data import MMAR, MMAU, needs_real_data

ITEM = Item("x", "./audio/x.wav", "Which?", ("Yes", "No"), "No", "sound", "Signal Layer")
HEAD = "id,audio_path,question,choice_1,choice_2,answer,modality,category\r\n"


@settings(deadline=None, max_examples=30)
@given(BENCHMARKS)
def test_written_items_are_read_back(items: list[Item]) -> None:
    back = read_csv(csv_text(items).encode())
    assert [item.to_record() for item in back] == [as_json(item) for item in items]


@settings(deadline=None, max_examples=30)
@given(BENCHMARKS)
def test_no_cell_is_a_formula(items: list[Item]) -> None:
    for row in csv.reader(io.StringIO(csv_text(items).removeprefix("\ufeff"), newline="")):
        assert not any(cell.startswith(tuple("=+-@\t\r\n")) for cell in row)


@settings(deadline=None)
@given(ANY)
def test_text_that_is_no_formula_is_not_changed(text: str) -> None:
    if text and text[0].isalnum():
        assert f",{text}," in csv_text([msgspec.structs.replace(ITEM, question=text)]) or any(
            sign in text for sign in ',"\r\n'
        )


@needs_real_data
@pytest.mark.parametrize("path", [MMAR, MMAU])
def test_the_real_benchmarks_come_back_with_equal_digest(path) -> None:
    benchmark = load_benchmark(path)
    back = read_csv(csv_text(benchmark).encode())
    assert benchmark_digest(back) == benchmark.digest
    if path == MMAR:
        assert [item.to_record() for item in back] == [item.to_record() for item in benchmark]


def test_fields_that_the_publisher_does_not_have_keep_their_type() -> None:
    item = Item.from_record(ITEM.to_record() | {"difficulty": 3, "tags": ["a", None], "dataset": "x"})
    (back,) = read_csv(csv_text([item]))
    assert back.to_record() == item.to_record()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_made_by_hand_in_any_spreadsheet_is_read(delimiter: str) -> None:
    text = HEAD + "7,a.wav,Which?,'Tis so,,'Tis so,sound,Signal Layer\n"
    text = text.replace("'Tis so,,", "'Tis so,No,") + ",,,,,,,\n\n"
    (item,) = read_csv(("\ufeff" + text.replace(",", delimiter)).encode())
    assert item.choices == ("'Tis so", "No")
    assert item.answer == "'Tis so"
    assert item.language is None


def test_cues_may_be_lines_and_are_json_where_lines_would_lose_something() -> None:
    item = msgspec.structs.replace(ITEM, cue=("rain", "a door"))
    assert '"rain\na door"' in csv_text([item])
    for cue in (("",), ("[x",), (" a",), ("a\nb",), ("a", ""), ("a\r",)):
        (back,) = read_csv(csv_text([msgspec.structs.replace(ITEM, cue=cue)]))
        assert back.cue == cue
    (by_hand,) = read_csv(
        HEAD.replace("category", "category,cue") + 'x,x.wav,?,a,b,a,sound,S,"rain\r\n\r\n a door "\r\n'
    )
    assert by_hand.cue == ("rain", "a door")


def test_an_empty_choice_is_an_apostrophe_and_a_gap_is_refused() -> None:
    (item,) = read_csv(HEAD + "x,x.wav,?,',b,',sound,S\r\n")
    assert item.choices == ("", "b")
    assert item.answer == ""
    with raises("choice-missing", field="choice_1", line=2):
        read_csv(HEAD + "x,x.wav,?,,b,b,sound,S\r\n", file="t.csv")


ROW = "x,x.wav,?,a,b,a,sound,S\r\n"
RUBRIC = HEAD.replace("category", "category,rubric")


@pytest.mark.parametrize(
    ("text", "code", "line", "field"),
    [
        ("", "empty-table", None, None),
        ("\ufeff", "empty-table", None, None),
        ("hello\nworld\n", "missing-column", 1, None),
        (HEAD.replace("question", "id"), "duplicate-column", 1, None),
        (HEAD.replace("choice_2", "choice_27"), "too-many-choices", 1, None),
        (HEAD + 'x,x.wav,"multi\nline",a,b,c,sound,S\r\n', "answer-not-a-choice", 2, "answer"),
        (HEAD + 'x,x.wav,"multi\nline",a,b,b,sound,S\r\ny,y.wav,?,a,b,c,sound,S\r\n', "answer-not-a-choice", 4, "answer"),
        (HEAD + ROW + ROW, "duplicate-id", 3, "id"),
        (HEAD + ROW.replace("\r", ",more\r"), "too-many-cells", 2, None),
        (HEAD + 'x,x.wav,"?,a,b,a,sound,S\r\n', "damaged-table", 2, None),
        (HEAD + ROW.replace("x,x", ",x"), "missing-field", 2, "id"),
        (HEAD + "x,x.wav,?,a,,a,sound,S\r\n", "number-of-choices", 2, "choice_1"),
        (HEAD + "x,x.wav,?,,b,b,sound,S\r\n", "choice-missing", 2, "choice_1"),
        (RUBRIC + ROW.replace("\r", ",{\r"), "invalid-json", 2, "rubric"),
        (HEAD.replace("choice_1,choice_2", "choices,other"), "choices-in-one-cell", 1, "choices"),
    ],
)  # fmt: skip
def test_invalid_tables_are_errors_with_line_and_field(
    text: str, code: str, line: int | None, field: str | None
) -> None:
    with raises(code, line=line, field=field, file="t.csv"):
        read_csv(text.encode(), file="t.csv")


def test_the_columns_of_choices_are_named_where_choices_are_missing() -> None:
    with raises(field="choice_1", code="number-of-choices") as caught:
        read_csv(HEAD + "x,x.wav,?,a,,a,sound,S\r\n")
    assert "choice_1, choice_2" in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_usual_encodings_line_ends_and_delimiters_are_read(encoding: str, ends: str, delimiter: str) -> None:
    text = (HEAD + ROW.replace("?", "Q\u00fc?")).replace("\r\n", ends).replace(",", delimiter)
    (item,) = read_csv(text.encode(encoding))
    assert (item.question, item.choices) == ("Q\u00fc?", ("a", "b"))


def test_other_encodings_and_files_are_refused() -> None:
    with raises("invalid-encoding", file="t.csv", line=2):
        read_csv(HEAD.encode() + "x,x.wav,caf\xe9?,a,b,a,sound,S\r\n".encode("latin-1"), file="t.csv")
    for data in (
        b"PK\x03\x04rest",
        b"PAR1....",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"ID3\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ):
        with raises("wrong-file-type"):
            read_csv(data)


def test_a_field_with_the_name_of_a_column_is_refused() -> None:
    item = Item.from_record(ITEM.to_record() | {"choice_1": "x"})
    with raises("reserved-name", field="choice_1"):
        csv_text([item])


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for content in (data, HEAD.encode() + data):
        with suppress(InputError):
            read_csv(content)
