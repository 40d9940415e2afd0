"""Items of every shape, for the property tests of the formats."""

import json
from typing import Any

from hypothesis import strategies as st

from mmar.items import Criterion, Item


def as_json(item: Item) -> dict[str, Any]:
    """An item's record as it is read back from JSON, where there are lists and no tuples."""
    return json.loads(json.dumps(item.to_record()))


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
DANGEROUS = st.sampled_from(
    [
        "",
        "'",
        "''",
        "=1+1",
        "'=1",
        "+x",
        "-5 dB",
        "@SUM(A1)",
        "\t=x",
        "\r\n",
        '"',
        'a"b',
        "a,b;c\td",
        "[1]",
        "'Tis",
        "\ufeff",
        "\0",
    ]
)
ANY = TEXT | DANGEROUS


@st.composite
def items(draw: st.DrawFn) -> Item:
    """One item; ids are not yet unique."""
    choices = tuple(draw(st.lists(ANY, min_size=2, max_size=7)))
    return Item(
        id=draw(ANY.filter(bool)),
        audio_path=draw(ANY),
        question=draw(ANY),
        choices=choices,
        answer=draw(st.sampled_from(choices)),
        modality=draw(ANY),
        category=draw(ANY),
        sub_category=draw(st.none() | ANY),
        language=draw(st.none() | ANY),
        source=draw(st.none() | ANY),
        url=draw(st.none() | ANY),
        timestamp=draw(st.none() | ANY),
        thinking=draw(st.none() | ANY),
        cue=draw(st.none() | st.lists(ANY, max_size=4).map(tuple)),
        rubric=draw(st.none() | st.lists(st.builds(Criterion, ANY, ANY, ANY), max_size=2).map(tuple)),
    )


BENCHMARKS = st.lists(items(), min_size=1, max_size=5, unique_by=lambda item: item.id)
