"""Simulations of what the statistics promise; see README.md."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from data import labels_of, runs_of, uniforms
from scipy.stats import binomtest

from mmar.stats import paired
from mmar.stats.cluster import accuracy
from mmar.stats.ranks import pairwise, rank_ranges
from mmar.stats.reliance import reliance_ratio
from mmar.stats.sampling import draw_sample, estimate_population
from mmar.stats.sequences import compare_sequence, share_sequence, worst_design_effect

CORRELATIONS = (0.0, 0.3, 0.8)


@dataclass(frozen=True)
class Row:
    """One figure of a simulation.

    Attributes:
        claim: what was measured, and in which setting.
        value: share or ratio.
        error: standard error of the simulation.
        least: lower bound that must hold, within two standard errors.
        most: upper bound likewise.
    """

    claim: str
    value: float
    error: float
    least: float | None = None
    most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bounds hold within two standard errors."""
        return (self.least is None or self.value >= self.least - 2 * self.error) and (
            self.most is None or self.value <= self.most + 2 * self.error
        )


def share(claim: str, hits: int, draws: int, *, least: float | None = None, most: float | None = None) -> Row:
    """A row of a share of draws."""
    value = hits / draws
    return Row(claim, value, math.sqrt(max(value * (1 - value), 1 / draws) / draws), least, most)


def coverage_accuracy(scale: float) -> Iterator[Row]:
    """Coverage of the clustered interval of an accuracy, single answers and means of five."""
    for kind in ("mmar", "fives"):
        for n in (1000, 200):
            for correlation in CORRELATIONS:
                rng = np.random.default_rng([1, n, int(10 * correlation)])
                labels, draws, inside, repeated = labels_of(n, kind), round(1500 * scale), 0, 0
                for _ in range(draws):
                    (run,) = runs_of(rng, labels, (0.6,), correlation)
                    end = accuracy(run, labels).interval
                    inside += end.low <= 60 <= end.high
                    # Each repeat is the run's own answer with probability 0.7, else a fresh one of the same accuracy.
                    again = [np.where(rng.random(n) < 0.7, run, rng.random(n) < 0.6) for _ in range(5)]
                    end = accuracy(np.mean(again, axis=0), labels, answers=5 * n).interval
                    repeated += end.low <= 60 <= end.high
                where = f"n = {n}, {kind}, correlation {correlation}"
                yield share(f"accuracy: coverage, {where}", inside, draws, least=0.94)
                yield share(f"accuracy of five repeats: coverage, {where}", repeated, draws, least=0.94)


def coverage_difference(scale: float) -> Iterator[Row]:
    """Coverage of the interval of a difference, of all items and of a part that was asked."""
    for n in (1000, 200):
        for correlation in CORRELATIONS:
            rng = np.random.default_rng([2, n, int(10 * correlation)])
            labels, draws, inside = labels_of(n), round(1500 * scale), 0
            for _ in range(draws):
                first, second = runs_of(rng, labels, (0.65, 0.6), correlation)
                end = paired.difference(first, second, labels).interval
                inside += end.low <= 5 <= end.high
            yield share(
                f"difference: coverage, n = {n}, correlation {correlation}", inside, draws, least=0.94
            )
    rng = np.random.default_rng(3)
    labels, draws, inside, padded = labels_of(1000), round(1500 * scale), 0, 0
    subset = np.sort(rng.choice(1000, 60, replace=False))
    for _ in range(draws):
        first, second = runs_of(rng, labels, (0.7, 0.6), 0.3)
        end = paired.difference(first[subset], second[subset], labels[subset]).interval
        inside += end.low <= 10 <= end.high
        mask = np.isin(np.arange(1000), subset)
        end = paired.difference(first & mask, second & mask, labels).interval
        padded += end.low <= 10 <= end.high
    yield share("60 of 1,000 asked, true difference 10: coverage, items asked", inside, draws, least=0.94)
    yield share("60 of 1,000 asked, true difference 10: coverage, others as zeros (before)", padded, draws)


def ranks(scale: float) -> Iterator[Row]:
    """Joint coverage of all ranges of ranks."""
    for systems, means in (
        (10, (0.6,) * 10),
        (30, (0.6,) * 30),
        (10, tuple(np.linspace(0.5, 0.7, 10))),
        (10, (0.6,) * 5 + (0.68,) * 5),
    ):
        rng = np.random.default_rng([4, systems, int(1000 * sum(means))])
        labels, draws, joint, unadjusted, marks = (
            labels_of(400),
            round((300 if systems == 10 else 150) * scale),
            0,
            0,
            0,
        )
        for _ in range(draws):
            runs = runs_of(rng, labels, means, 0.3)
            orders = pairwise(runs, labels, draws=1000, seed=int(rng.integers(2**32)))
            ranges = rank_ranges([float(run.mean()) for run in runs], orders)
            joint += all(
                _holds(rank.rank, rank.worst, mean, means) for rank, mean in zip(ranges, means, strict=True)
            )
            claimed = {pair for pair, order in orders.items() if order.better is not None}
            holm = (
                paired.holm([paired.sign_flip(runs[i], runs[j], labels, draws=1000) for i, j in orders])
                if systems == 10
                else ()
            )
            marks += bool(holm) and any(
                p < 0.05 and pair not in claimed for pair, p in zip(orders, holm, strict=True)
            )
            if systems == 10:
                plain = {
                    pair: paired.difference(runs[pair[0]], runs[pair[1]], labels).interval for pair in orders
                }
                unadjusted += all(
                    (end.low <= 100 * (means[i] - means[j]) <= end.high)
                    or ((end.low > 0) == (means[i] > means[j]) and (end.high < 0) == (means[i] < means[j]))
                    for (i, j), end in plain.items()
                )
        kind = "equal" if len(set(means)) == 1 else f"of {len(set(means))} accuracies"
        yield share(f"ranks: joint coverage, {systems} systems {kind}", joint, draws, least=0.93)
        if systems == 10:
            yield share(f"ranks: the same from unadjusted intervals (before), {kind}", unadjusted, draws)
            yield share(
                f"ranks: tables in which Holm marks a pair that the ranges tie, {kind}",
                marks,
                draws,
                most=0.05,
            )


def _holds(rank: int, worst: int, mean: float, means: tuple[float, ...]) -> bool:
    """Whether a range holds every place that the true accuracies give a system."""
    best = 1 + sum(other > mean + 1e-12 for other in means)
    last = len(means) - sum(other < mean - 1e-12 for other in means)
    return rank <= best and last <= worst


def repeats(scale: float) -> Iterator[Row]:
    """The error of a difference over repeats, and its parts."""
    rng = np.random.default_rng(5)
    n, draws = 300, round(600 * scale)
    labels = labels_of(n)
    for count in (2, 5):
        inside, errors, points, noise, first_only = 0, [], [], [], []
        for _ in range(draws):
            chances = rng.beta(2, 1.3, n), rng.beta(2, 1.5, n)
            answers = [(rng.random((count, n)) < chance) for chance in chances]
            one, two = (each.mean(axis=0) for each in answers)
            gap = paired.difference(one, two, labels)
            truth = 100 * (2 / 3.3 - 2 / 3.5)
            inside += gap.interval.low <= truth <= gap.interval.high
            points.append(gap.points)
            errors.append(gap.standard_error or 0.0)
            parts = paired.split_error(one, two, ([count] * n, [count] * n), gap.standard_error or 0.0)
            assert parts is not None
            noise.append(parts.prediction)
            expected = math.sqrt(sum(float((c * (1 - c)).sum()) for c in chances) / count) / n
            first_only.append(100 * expected)
        yield share(f"repeats: coverage of the difference, {count} repeats", inside, draws, least=0.94)
        ratio = float(np.mean(errors)) / float(np.std(points))
        yield Row(
            f"repeats: mean standard error over true one, {count} repeats",
            ratio,
            1 / math.sqrt(2 * draws),
            0.94,
            1.06,
        )
        ratio = float(np.mean(noise)) / float(np.mean(first_only))
        yield Row(
            f"repeats: part of the answers over its true value, {count} repeats", ratio, 0.005, 0.97, 1.03
        )


def failures(scale: float) -> Iterator[Row]:
    """Equal models, of which one failed on 5 % of the items."""
    rng = np.random.default_rng(6)
    labels, draws, plain, claimed = labels_of(1000), round(300 * scale), 0, 0
    for _ in range(draws):
        first, second = runs_of(rng, labels, (0.7, 0.7), 0.3, shared=0.8)
        failed = rng.random(1000) < 0.05
        none = np.zeros(1000, dtype=bool)
        order = pairwise([first, second & ~failed], labels, unanswered=[none, failed], draws=1000)[0, 1]
        plain += order.p < 0.05
        claimed += order.better is not None
    yield share("failures: equal models told apart by p alone (before)", plain, draws)
    yield share("failures: equal models told apart", claimed, draws, most=0.05)


def abstentions(scale: float) -> Iterator[Row]:
    """A model that does not listen, and declines on part of the items without audio."""
    rng = np.random.default_rng(7)
    labels, draws, plain, claimed = labels_of(1000), round(300 * scale), 0, 0
    for _ in range(draws):
        real, without = runs_of(rng, labels, (0.5, 0.5), 0.3, shared=0.8)
        declined = rng.random(1000) < 0.2
        without = without & ~declined
        falls = paired.sign_flip(real, without, labels, draws=1000) < 0.05 and real.sum() > without.sum()
        plain += falls
        best = without | declined
        claimed += (
            falls and real.sum() > best.sum() and paired.sign_flip(real, best, labels, draws=1000) < 0.05
        )
    yield share("abstentions: a deaf model said to listen, declined counted wrong (before)", plain, draws)
    yield share("abstentions: a deaf model said to listen", claimed, draws, most=0.05)


def tests(scale: float) -> Iterator[Row]:
    """Size of the one test, beside McNemar's, which is blind to clusters."""
    for kind, correlation in (("mmar", 0.8), ("fives", 0.0), ("fives", 0.3), ("fives", 0.8)):
        rng = np.random.default_rng([8, int(10 * correlation), len(kind)])
        labels, draws, flips, exact = labels_of(200, kind), round(800 * scale), 0, 0
        for _ in range(draws):
            first, second = runs_of(rng, labels, (0.6, 0.6), correlation)
            flips += paired.sign_flip(first, second, labels, draws=499, seed=int(rng.integers(2**32))) < 0.05
            only, other = int((first & ~second).sum()), int((second & ~first).sum())
            exact += bool(only + other) and binomtest(only, only + other).pvalue < 0.05
        where = f"n = 200, {kind}, correlation {correlation}"
        yield share(f"size of sign flips, {where}", flips, draws, most=0.05)
        yield share(f"size of McNemar's test (before), {where}", exact, draws)


def reliance(scale: float) -> Iterator[Row]:
    """Coverage of the interval of reliance, and how often it contradicts the fall about zero."""
    for n, kind in ((11, "alone"), (82, "mmar"), (200, "mmar"), (1000, "mmar"), (200, "fives")):
        for correlation in CORRELATIONS if n >= 200 else (0.0,):
            rng = np.random.default_rng([9, n, int(10 * correlation)])
            labels, draws, inside, defined, against, before = (
                labels_of(n, kind),
                round((6000 if n >= 200 else 1000) * scale),
                0,
                0,
                0,
                0,
            )
            for _ in range(draws):
                real, without = runs_of(rng, labels, (0.7, 0.4), correlation)
                result = reliance_ratio(real, without, labels)
                fall = paired.difference(real, without, labels).interval
                if result.interval is None:
                    continue
                defined += 1
                inside += result.interval.low <= 50 <= result.interval.high
                against += result.interval.excludes(0) != fall.excludes(0)
                before += _delta_excludes_zero(~real, ~without) != fall.excludes(0)
            where = f"n = {n}, {kind}, correlation {correlation}"
            yield share(f"reliance: coverage, {where}", inside, defined, least=0.94 if n >= 200 else 0.93)
            yield share(f"reliance: contradicts the fall about zero, {where}", against, defined)
            if kind != "fives" and not correlation:
                yield share(f"reliance: the same by the logarithm (before), {where}", before, defined)


def _delta_excludes_zero(wrong_real: np.ndarray, wrong_without: np.ndarray) -> bool:
    """The interval by the logarithm with half items added (Walter 1975), independent items."""
    one, two = wrong_real.sum() + 0.5, wrong_without.sum() + 0.5
    n = len(wrong_real)
    deviations = wrong_real / one - wrong_without / two
    variance = float((deviations**2).sum()) * n / (n - 1) + (1 / one**2 + 1 / two**2) / 2
    return abs(math.log(one / two)) > 1.96 * math.sqrt(variance)


def margin(scale: float) -> Iterator[Row]:
    """Size of the equivalence test where the true difference is the margin, and its power at none."""
    for n, points in ((1000, 2), (1000, 4), (200, 5)):
        for correlation in CORRELATIONS:
            rng = np.random.default_rng([10, n, points, int(10 * correlation)])
            labels, draws, size, power = labels_of(n), round(1500 * scale), 0, 0
            for _ in range(draws):
                runs = runs_of(rng, labels, (0.6, 0.6 - points / 100), correlation, shared=0.95)
                size += paired.equivalence(*runs, labels, points).equivalent is True
                runs = runs_of(rng, labels, (0.6, 0.6), correlation, shared=0.95)
                power += paired.equivalence(*runs, labels, points).equivalent is True
            where = f"n = {n}, margin {points}, correlation {correlation}"
            yield share(f"margin: size, {where}", size, draws, most=0.065)
            yield share(f"margin: power at no difference, {where}", power, draws)


def sampling(scale: float) -> Iterator[Row]:
    """A sample of a benchmark: coverage of the whole run's accuracy, its error, and what earlier runs save."""
    strata = [
        f"{modality}"
        for modality in np.random.default_rng(0).choice(
            8, 1000, p=[0.3, 0.2, 0.17, 0.16, 0.08, 0.05, 0.03, 0.01]
        )
    ]
    for n in (100, 200, 400):
        for correlation in CORRELATIONS:
            rng = np.random.default_rng([11, n, int(10 * correlation)])
            labels, draws = labels_of(1000), round(800 * scale)
            results = {False: [0, 0.0, 0.0], True: [0, 0.0, 0.0]}
            for seed in range(draws):
                chances = rng.beta(1.2, 0.8, 1000)
                runs = [(uniforms(rng, labels, correlation) < chances).astype(float) for _ in range(4)]
                drawn = draw_sample(strata, n, seed)
                truth = 100 * runs[0].mean()
                for control in (False, True):
                    helper = np.mean(runs[1:], axis=0) if control else None
                    result = estimate_population(runs[0][drawn], drawn, strata, control=helper)
                    results[control][0] += result.interval.low <= truth <= result.interval.high
                    results[control][1] += (result.accuracy - truth) ** 2
                    results[control][2] += result.standard_error**2
            for control, (inside, squares, claimed) in results.items():
                name = "with three earlier runs" if control else "alone"
                where = f"{n} of 1,000, correlation {correlation}, {name}"
                yield share(f"sample: coverage of the whole run, {where}", int(inside), draws, least=0.94)
                ratio = math.sqrt(claimed / squares)
                yield Row(
                    f"sample: claimed error over true error, {where}",
                    ratio,
                    1 / math.sqrt(2 * draws),
                    0.93,
                    1.07,
                )
            saved = math.sqrt(results[True][1] / results[False][1])
            yield Row(
                f"sample: error with earlier runs over error alone, {n}, correlation {correlation}",
                saved,
                0.03,
            )


def monitoring(scale: float) -> Iterator[Row]:
    """How often a true hypothesis is ever rejected over a whole run, looked at every 20 items."""
    for kind, correlation in (("mmar", 0.0), ("mmar", 0.8), ("fives", 0.8)):
        rng = np.random.default_rng([12, int(10 * correlation), len(kind)])
        labels, draws = labels_of(1000, kind), round(300 * scale)
        order = rng.permutation(int(labels.max()) + 1)
        places = np.concatenate([np.flatnonzero(labels == video) for video in order])
        looks = range(20, 1001, 20)
        effects = {n: worst_design_effect(labels[places[:n]].tolist()) for n in looks}
        left = decided = peeked = 0
        for _ in range(draws):
            first, second = (run[places] for run in runs_of(rng, labels, (0.6, 0.6), correlation))
            right = np.cumsum(first)
            left += any(share_sequence(right[n - 1] / effects[n], n / effects[n]).excludes(60) for n in looks)
            peeked += any(accuracy(first[:n], labels[places[:n]]).interval.excludes(60) for n in looks)
            decided += any(
                compare_sequence(first[:n].tolist(), second[:n].tolist(), labels[places[:n]].tolist()).decided
                for n in range(40, 1001, 80)
            )
        where = f"{kind}, correlation {correlation}"
        yield share(f"monitoring: true accuracy ever outside, {where}", left, draws, most=0.05)
        yield share(f"monitoring: the same with ordinary intervals, {where}", peeked, draws)
        yield share(f"monitoring: equal runs ever decided, {where}", decided, draws, most=0.05)


SIMULATIONS: dict[str, Callable[[float], Iterator[Row]]] = {
    "accuracy": coverage_accuracy,
    "difference": coverage_difference,
    "ranks": ranks,
    "repeats": repeats,
    "failures": failures,
    "abstentions": abstentions,
    "tests": tests,
    "reliance": reliance,
    "margin": margin,
    "sampling": sampling,
    "monitoring": monitoring,
}


def main() -> int:
    """Run simulations and print their rows; 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SIMULATIONS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the draws")
    arguments = parser.parse_args()
    broken = 0
    for name in arguments.names or SIMULATIONS:
        begun = time.perf_counter()
        for row in SIMULATIONS[name](arguments.scale):
            bounds = "" if row.least is None else f"at least {row.least:g}"
            bounds += "" if row.most is None else f"{' and ' if bounds else ''}at most {row.most:g}"
            broken += not row.holds
            verdict = "" if row.holds else "  BROKEN"
            print(
                f"{row.value:6.3f} ± {row.error:.3f}  {row.claim}{f' ({bounds})' if bounds else ''}{verdict}",
                flush=True,
            )
        print(f"# {name}: {time.perf_counter() - begun:.0f} s", flush=True)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
