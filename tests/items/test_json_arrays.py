"""JSON arrays: decoding pieces and scanning for braces find the same records, whatever is wrong with the array."""

from __future__ import annotations

import io
import json
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmar.errors import InputError
from mmar.items import records as arrays
from mmar.items.records import _array_records as array_records

Result = tuple[list[tuple[int, bytes]], str]

pieces = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        "\\",
        "\n",
        " ",
        '{"id": 1',
        '{"id": "',
        '"id":',
        "5",
        "NaN",
        "é",
        "null",
    ]
)
sound = st.fixed_dictionaries(
    {"id": st.text(max_size=5) | st.none()},
    optional={"inner": st.lists(st.just({"id": 2}), max_size=3), "text": st.text(max_size=8)},
).map(lambda record: json.dumps(record, ensure_ascii=False))
element = sound | st.lists(pieces, max_size=6).map("".join)


@given(
    elements=st.lists(sound, max_size=8) | st.lists(element, max_size=8),
    between=st.sampled_from([",", ", ", ",\n", "\n,\n  ", " ", ",,"]),
    end=st.sampled_from(["]", "]\n", "", ", ]", "] 5"]),
    size=st.integers(1, 300),
)
@example(elements=['{"id": "{\\"id\\": 1"}', '{"id": 2}', '{"id": 3}'], between=", ", end="]", size=300)
@example(elements=['{"id": 1}', "5", '{"id": 2}', '{"id": 3}'], between=",", end="]", size=300)
@example(elements=['{"id": 1}', '{"id": NaN}', '{"id": 3}', '{"id": 4}'], between=",", end="]", size=300)
@example(elements=['{"id": ' + "[" * 3000 + "]" * 3000 + "}", '{"id": 2}'], between=",", end="]", size=9000)
@settings(max_examples=100, deadline=None)
def test_decoding_and_scanning_agree(elements: list[str], between: str, end: str, size: int) -> None:
    text = f"[\n{between.join(elements)}{end}".encode()
    quick = split(text, size)
    with patch.object(arrays, "_decode_objects", lambda text, line: ([], line, text)):
        assert quick == split(text, size)


def test_valid_arrays_are_decoded_and_not_scanned() -> None:
    text = json.dumps([{"id": index, "inner": [{"id": index}]} for index in range(50)], indent=1).encode()
    with patch.object(arrays, "_scan_objects", side_effect=arrays._scan_objects) as careful:
        assert len(split(text, 1 << 20)[0]) == 50
    # Only the last one is left for it.
    assert [
        json.loads(call.args[0].rstrip(b"] \n").lstrip(b", \n"))["id"] for call in careful.mock_calls
    ] == [49]


def split(text: bytes, size: int) -> Result:
    """The records with their lines, and the message of the error, if any."""
    records: list[tuple[int, bytes]] = []
    try:
        records.extend(array_records(io.BytesIO(text), size))
    except InputError as error:
        return records, str(error)
    return records, ""
