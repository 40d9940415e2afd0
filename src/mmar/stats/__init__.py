"""Intervals, comparisons, power and agreement: arrays and numbers in, numbers out.

Modules are imported by name (`from mmar.stats import paired`), so that a command loads only what it uses:
importing this package loads neither numpy nor scipy, and `mmar.stats.interval` never does.

    interval              Wilson's interval, Newcombe's for a difference, quantiles
    cluster               accuracy with an error that allows for items of one source video
    paired                two runs on the same items: difference, sign flips, equivalence, Holm, minimum detectable difference
    ranks                 simultaneous ranges of ranks over many runs
    reliance              how much of an accuracy needs the audio
    sampling              a drawn part of a benchmark, and what it says of the whole
    sequences             intervals and tests that stay valid however often they are looked at
    chance                what guessing scores, and the probability that it gives as much as was observed
    repeats               pass@k, pass^k, majority, variance; the same items with their choices in another order
    item_analysis         items over many systems: difficulty, item-rest correlation, distractors
    agreement             Cohen's kappa, Krippendorff's alpha, flip rate
    rubric                five judgements of one answer made into one number
    grim                  which counts a printed percentage can come from

Conventions: accuracies, shares and interval ends are percent, 0 to 100; differences are points. Coefficients
and probabilities (kappa, alpha, p-values) keep their own scale. Item scores go in as 0 (wrong) to 1 (right).
A value that the data do not define is `None`. No items, arguments of different length, a missing score or
cluster and values outside their range raise `mmar.errors.UsageError`.
"""
