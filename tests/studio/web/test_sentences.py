"""Texts of pages."""

from __future__ import annotations

from mmar.studio.web.render import sentence


def test_messages_are_sentences_and_names_of_files_keep_their_spelling() -> None:
    assert sentence("found nothing", "choose a file") == "Found nothing. Choose a file."
    assert sentence("my clips.csv:2: a choice is empty") == "my clips.csv:2: a choice is empty."
    assert sentence("./audio/a.wav: no sound") == "./audio/a.wav: no sound."
    assert sentence("title: too long") == "Title: too long."
