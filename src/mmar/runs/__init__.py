"""Runs: a folder with a manifest and a ledger, and the engine that fills it.

    ledger      the append-only record of answers
    manifest    what a run is
    signature   the line that stands beside every number
    clips       where the audio lies
    engine      asking, many at a time
    run         beginning a run and going on with it

Names are imported from these modules: `mmar score` needs the first three and must not pay for asyncio.
"""
