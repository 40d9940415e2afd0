"""Console output of an error analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mmar.reports.tables import PLAIN, Display, Fact, coefficient, count, draw, facts, join_blocks
from mmar.scoring.error_labels import KINDS, Agreement, ErrorAnalysis, KindShare


def errors_table(result: ErrorAnalysis, display: Display = PLAIN) -> str:
    """Draw the errors by kind, with intervals and the agreement of the labellers."""
    labelled = f"{result.labelled:,}, of which {result.settled:,} without disagreement"
    proposals = [
        [*facts([("proposed", f"{model}, no part of the numbers above")], display), *_shares(shares, display)]
        for model, shares in result.proposals.items()
    ]
    agreement = facts([("agreement", _agreement(one)) for one in result.proposal_agreement], display)
    return join_blocks(
        facts([("wrong", f"{result.wrong:,} answers"), ("labelled", labelled)], display),
        _shares(result.kinds, display) if result.settled else (),
        facts(_agreement_of_people(result), display),
        *proposals,
        agreement,
        facts([("signature", result.signature)], display),
    )


def _agreement_of_people(result: ErrorAnalysis) -> Iterator[Fact]:
    for one in result.agreement:
        yield "agreement", _agreement(one)
    alpha = result.alpha
    if alpha is not None and alpha.alpha is not None and len(result.by_labeller) > 1:
        value = coefficient(alpha.alpha, alpha.interval)
        yield "alpha", f"{value} (Krippendorff, {count(alpha.units, 'item')})"
    if result.disputed:
        names = ", ".join(result.disputed[:5]) + (" ..." if len(result.disputed) > 5 else "")
        yield "disputed", f"{count(len(result.disputed), 'item')}: {names}"


def _shares(shares: Mapping[str, KindShare], display: Display) -> list[str]:
    rows = [
        (kind, f"{one.count:,}", f"{one.share:.1f}", str(one.interval), KINDS[kind])  # type: ignore[index]
        for kind, one in shares.items()
    ]
    return draw(("kind", ">n", ">%", "95 % interval", ""), rows, display)


def _agreement(one: Agreement) -> str:
    kappa = one.kappa
    equal = f"{kappa.agreement:.0f} % equal of {count(kappa.n, 'item')}"
    return f"{one.first} and {one.second}: kappa {coefficient(kappa.kappa, kappa.interval)}, {equal}"
