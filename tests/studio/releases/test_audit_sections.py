"""The data sheet's sections on the audit and biases."""

from __future__ import annotations

from mmar.audit import Accepted, audit
from mmar.items import Benchmark, Item
from mmar.studio.releases.release_texts import audit_text, bias_text


def items(
    keys: str, choices: tuple[str, ...] = ("far | away", "near", "in the *middle*")
) -> tuple[Item, ...]:
    return tuple(
        Item(
            id=f"i{index}",
            audio_path=f"./audio/i{index}.wav",
            question=f"Where is sound {index}?",
            choices=choices,
            answer=choices[int(key)],
            modality="sound",
            category="Signal | Layer",
            language="en",
        )
        for index, key in enumerate(keys)
    )


def test_a_key_with_a_constant_position_is_counted_and_reported() -> None:
    made = items("2" * 30)
    result = audit(Benchmark(made, "x"))
    text = bias_text(result, made, {})
    assert "| 3 | 0 | 0 | 30 | 10.0 |" in text
    # Σ (O − E)² / E over 0, 0, 30 against 10 each: (100 + 100 + 400) / 10 = 60 with 2 degrees of freedom.
    assert "A001: answers by place, of 3: 0, 0, 30 (χ² = 60.00, 2 d.f." in text
    assert "A002: the answer alone is the longest choice in 30 of 30 items, 10.0 by chance" in text
    report = audit_text(result)
    assert "| A001 | warning | keys that favour a place among the choices | 1 | 0 | 0 |" in report
    assert "is missing: the clips" in report
    assert (text, report) == (bias_text(audit(Benchmark(made, "x")), made, {}), audit_text(result))


def test_accepted_findings_are_counted_separately() -> None:
    made = items("2" * 30)
    result = audit(Benchmark(made, "x"))
    position = [finding for code, finding in result.findings if code == "A001"]
    accepted = Accepted(frozenset(Accepted.key("A001", finding) for finding in position))
    report = audit_text(audit(Benchmark(made, "x"), accepted=accepted))
    assert "| A001 | warning | keys that favour a place among the choices | 0 | 0 | 1 |" in report
    assert "; 1 accepted." in report
    assert "reviewed by the makers" in report


def test_groups_are_compared_with_targets_and_their_names_are_escaped() -> None:
    made = items("012")
    result = audit(Benchmark(made, "x"))
    text = bias_text(
        result,
        made,
        {"Other|music": 4, "language:en": 9, "language:zh": 1, "Nothing|x": 0, "Other|sound|zh": 2},
    )
    assert "| Other | music | all | 0 | 4 |" in text
    assert "| Other | sound | zh | 0 | 2 |" in text
    assert "| Nothing" not in text
    assert "| en | 3 | 9 |\n| zh | 0 | 1 |" in text
    # A layer's name may hold the sign that parts cells.
    assert "| Signal \\| Layer | sound | all | 3 | – |" in text
