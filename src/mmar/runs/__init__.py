"""Runs: a folder with a manifest and a ledger, and the engine that fills it.

    spec        the options of a run, validated
    ledger      the append-only record of answers
    manifest    what a run is, and the signature that stands beside every number
    engine      sending requests, many at a time
    run         starting a run and continuing it

Names are imported from these modules: `mmar score` needs ledger and manifest and must not pay for asyncio.
"""
