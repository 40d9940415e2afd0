"""`command/PROGRAM ARGUMENTS...`: a program of the user's, in any language and environment.

It reads a line of JSON for each request on standard input and writes a line of JSON for each answer on
standard output, in any order, while standard input stays open; see `mmar.models.jsonl` for the lines and
docs/models.md for an example. The end of what it writes to standard error is kept for messages.

Options (`ModelOptions.extra`): `uses_audio` (`yes`, or `no` for a program that takes no audio), `start_s` (longest
wait for its first line, in seconds). With `gpus` a copy runs on each GPU; with `workers` each is a command line, or
`ray:N` for N copies on a Ray cluster.
"""

from __future__ import annotations

import shlex
import shutil

from mmar.errors import UsageError
from mmar.models.credentials import secrets_of
from mmar.models.local.worker_pool import WorkerPool
from mmar.models.local.workers import workers_of
from mmar.models.model import ModelOptions
from mmar.models.options import check_known, choice_of, number_of

START_S = 1800.0
"""Longest wait for a program's first line, in seconds, unless the option `start_s` says otherwise."""


def open_command(name: str, options: ModelOptions) -> WorkerPool:
    """Open a program by its command line, split as a shell would; no shell is involved.

    Raises:
        UsageError: the command line cannot be split, or an option is unknown or wrong.
    """
    check_known(options.extra, ("uses_audio", "start_s"), "command")
    try:
        arguments = shlex.split(name)
    except ValueError as error:
        raise UsageError(
            f"command/{name}: {error}", code="unknown-model", argument="model", hint="quote it as for a shell"
        ) from None
    if not arguments or (shutil.which(arguments[0]) is None and not options.workers):
        raise UsageError(
            f'command/{name}: there is no program "{"".join(arguments[:1])}"',
            code="unknown-model",
            argument="model",
            hint="name one that is on the path, or give its path; arguments follow it",
        )
    return WorkerPool(
        f"command/{name}",
        workers_of(f"command/{name}", arguments, options),
        uses_audio=choice_of(options.extra, "uses_audio", ("yes", "no"), "yes") == "yes",
        timeout_s=options.timeout_s,
        start_s=number_of(options.extra, "start_s", 0.1, 86_400) or START_S,
        secrets=secrets_of(options.environment),
    )
