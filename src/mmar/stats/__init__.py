"""Intervals, comparisons, power and agreement: arrays and numbers in, numbers out.

One method a module, imported by name (`from mmar.stats import paired`), so that a command pays only for what
it uses: importing this package loads neither numpy nor scipy, and `mmar.stats.interval` never does.

    interval    Wilson's interval for a share, Newcombe's for the difference of two
    student     quantiles of Student's t
    cluster     accuracy whose error allows for items that share a source video
    paired      two runs on the same items: difference, exact McNemar, sign flips by cluster
    multiple    Holm's correction within a family
    power       the smallest difference that n items can show
    chance      what guessing, or always taking one slot, would score
    bounds      what failed and missing items can change
    agreement   Cohen's kappa, Krippendorff's alpha, flip rate
    bootstrap   resampling units by seed
    repeats     pass@k, pass^k, majority, variance within and between items
    rotations   the same item with its choices in another order
    listening   how much of an accuracy needs the audio
    grim        which counts a printed percentage can come from
    ranks       places that the data cannot tell apart
    rubric      five judgements of one answer made into one number

Conventions of the room. Accuracies, shares and interval ends come out in percent, 0 to 100, and differences
in points; what is a coefficient or a probability by definition (kappa, alpha, p-values) keeps its own scale.
Item scores go in as 0 (wrong) to 1 (right). What has no value for the data given is `None`, never a number
that looks like one; a request that makes no sense raises `mmar.errors.UsageError`.
"""
