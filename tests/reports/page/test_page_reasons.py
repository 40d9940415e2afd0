"""Why an answer was read as it was: the words that were read, with their rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import mmar
from mmar.protocols.reading import rules
from mmar.scoring import official
from open_page import OpenPage
from real_data import SHARED, needs_real_data
from reports import blocks_of, write_questions

Open = Callable[..., OpenPage]
Many = tuple[Path, Path, list[Path]]
WEB = Path(mmar.__file__).parent / "reports" / "page" / "web"

CHOICES = ["bell 1", "rain 1", "piano 1", "voice 1"]
# An answer for each rule that reads words of it.
READ = {
    "exact-text": "rain 1",
    "choice-text": "Rain 1.",
    "lone-letter": "B",
    "answer-tag": "<answer>rain 1</answer> as heard",
    "json-key": '{"answer": "rain 1"}',
    "box": "So it is \\boxed{rain 1}.",
    "verdict": "I hear 🌧️ drops, so the answer is rain 1.",
    "final-line": "Drops are heard.\nAnswer: B",
    "own-line": "I hear drops.\nrain 1\nThat is all.",
    "closing-sentence": "A bell (A) would ring. These are drops, which matches option (B).",
    "labelled": "B. Rain 1.",
    "only-mention": "I hear something like rain 1 with wind.",
    "refusal": "I'm sorry, I can't help with that.",
    "several-choices": "Both bell 1 and rain 1 are heard.",
    "letter-against-text": "(B) bell 1",
    "only-negated": "It is not rain 1.",
    "taken-back": "The answer is rain 1. No, I take that back.",
    "no-such-letter": "The answer is F.",
}
# Rules that read no words, the one that a protocol's own marker needs, and the one that looks at where an answer ends.
OTHERS = {"no-answer", "empty", "only-thinking", "list-of-options", "no-choice", "protocol-marker", "cut-off"}


def test_the_words_that_were_read_are_marked_with_their_rule(open_page: Open, tmp_path: Path) -> None:
    assert READ.keys() | OTHERS == rules._REASONS.keys()
    questions = write_questions(tmp_path / "meta.jsonl", 2)
    files = []
    for name, text in READ.items():
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text(json.dumps({"id": "item-0001", "answer_prediction": text}), "utf-8")
    written = mmar.report(files, benchmark=questions, out=tmp_path / "page")
    page = open_page(written.path).go(v="item", i="item-0001", cards="all")
    for name, text in READ.items():
        reading = mmar.read_choice(text, CHOICES)
        assert reading.rule == name
        card = page.page.locator(".card", has=page.page.get_by_text(f"{name}.jsonl", exact=True))
        assert card.locator("mark").inner_text() == text[reading.start : reading.end]
        assert reading.rule in str(card.locator("mark").get_attribute("title"))
        assert reading.reason in card.locator(".reason").first.inner_text()
    page.go(v="item", i="item-0001", cards="all", l="zh")
    reason = page.page.locator(".card", has_text="verdict.jsonl").locator(".reason").first.inner_text()
    assert "结论句：“the answer is rain 1”" in reason


@needs_real_data
def test_the_words_of_hard_answers_are_marked_too(open_page: Open, tmp_path: Path) -> None:
    lines = [
        line
        for path in sorted((SHARED / "cases").glob("reading-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(lines), "utf-8")
    path = mmar.report(cases, out=tmp_path / "page").path
    page = open_page(path)
    blocks = blocks_of(path.read_text("utf-8"))
    (key,) = (run["key"] for run in blocks["core"]["runs"])
    seen = set()
    for index, case in enumerate(map(json.loads, lines)):
        text = case["answer_prediction"]
        reading = mmar.read_choice(text, case["choices"])
        answer = blocks[f"t{index // 50}"][index % 50]["runs"][key]
        assert ("words" in answer) == (reading.start < reading.end), case["id"]
        if reading.start < reading.end and reading.rule not in seen:
            seen.add(reading.rule)
            page.go(v="item", i=case["id"])
            assert page.texts(".card mark") == [text[reading.start : reading.end]]
            assert reading.reason in page.texts(".card .reason")[0]
    assert len(seen) > 10
    assert page.complaints == []


def test_the_page_has_the_reasons_of_every_rule_in_both_languages() -> None:
    source = (WEB / "reasons.js").read_text("utf-8")
    phrases = re.findall(r"""'(read|official)-([\w-]+)': \[\s*(['"])(.*?)\3,\s*'(.*?)',?\s*\]""", source)
    for kind, reasons in (("read", rules._REASONS), ("official", official._REASONS)):
        english = {name: text for group, name, _, text, _ in phrases if group == kind}
        assert {**english, **reasons} == english
    for _, name, _, text, chinese in phrases:
        assert re.findall(r"\{\w+\}", chinese) == re.findall(r"\{\w+\}", text), name
        assert any("\u4e00" <= mark <= "\u9fff" for mark in chinese), name


def test_items_on_which_the_scorers_differ_have_a_reason_of_each(many: Many, open_page: Open) -> None:
    blocks = blocks_of(many[0].read_text("utf-8"))
    differing = 0
    for run in blocks["core"]["runs"]:
        for index, verdict in enumerate(run["verdicts"]):
            if verdict in "12":
                differing += 1
                answer = blocks[f"t{index // 50}"][index % 50]["runs"][run["key"]]
                assert answer["official"][0] != "none"
                assert run["ruleNames"][ord(run["rules"][index]) - ord("A")]
    assert differing > 100
    page = open_page(many[0]).go(v="items", show="scorers")
    page.press("Enter")
    page.page.wait_for_selector("main[data-view=item][data-ready=yes]")
    reasons = page.texts(".card:first-child .reason")
    assert len(reasons) == 2
    assert all(len(reason.split(": ", 1)[1]) > 3 for reason in reasons)
