"""Reading an item's content from the form of its editor."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

from starlette.datastructures import FormData

from mmar.studio.web.forms import content_from_form
from mmar.studio.workflow import ItemContent


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0:01,0:03", "00:00:01,00:00:03"),
        ("1:32, 2:02\n3:10 - 3:20.5", "00:01:32,00:02:02;00:03:10,00:03:20.500"),
        ("00:00:01,00:00:03", "00:00:01,00:00:03"),
        ("0:01,0:0", "0:01,0:0"),
        ("soon", "soon"),
        (" \n ", ""),
    ],
)
def test_typed_time_ranges_are_stored_in_the_common_form_if_they_can_be_read(typed: str, stored: str) -> None:
    before = ItemContent(timestamp="00:00:07,00:00:08")
    assert content_from_form(FormData({"timestamp": typed}), before).timestamp == stored


def test_time_ranges_that_nobody_changed_keep_the_spelling_of_their_import() -> None:
    before = ItemContent(timestamp="0:01,0:03; 0:07,0:08")
    form = FormData({"timestamp": "0:01,0:03\n 0:07,0:08"})
    assert content_from_form(form, before) == before
