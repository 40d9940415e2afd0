"""`command/PROGRAM ARGUMENTS...`: a program of the user's, in any language and environment.

It reads a line of JSON for each request on standard input and writes a line of JSON for each answer on
standard output, in any order, while standard input stays open; see `mmar.models.jsonl` for the lines and
docs/models.md for an example. The end of what it writes to standard error is kept for messages.

With `gpus` a copy runs on each GPU; with `workers` each is a command line, or `ray:N` for N copies on a Ray cluster. The
workers of `hf/` are made here too.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmar.errors import UsageError
from mmar.models.credentials import environment_secrets
from mmar.models.local.program import Program
from mmar.models.local.ray_worker import PREFIX, ray_workers
from mmar.models.local.worker_pool import RunningWorker, Worker, WorkerPool
from mmar.models.model import ModelOptions, model_error
from mmar.models.options import check_known, get_choice, get_number

_START_S = 1800.0  # the longest wait for a program's first line, unless the option `start_s` says otherwise


def open_command(name: str, options: ModelOptions) -> WorkerPool:
    """Open a program by its command line, split as a shell would; no shell is involved. Errors as `open_model`."""
    check_known(options.extra, ("uses_audio", "start_s"), "command")
    arguments = split_command(name, f"command/{name}", "unknown-model", "model")
    if not arguments or (shutil.which(arguments[0]) is None and not options.workers):
        message = f'command/{name}: there is no program "{"".join(arguments[:1])}"'
        hint = "name one that is on the path, or give its path; arguments follow it"
        raise model_error("unknown-model", message, hint)
    return WorkerPool(
        f"command/{name}",
        workers_of(f"command/{name}", arguments, options),
        uses_audio=get_choice(options.extra, "uses_audio", ("yes", "no"), "yes") == "yes",
        timeout_s=options.timeout_s,
        start_s=get_number(options.extra, "start_s", 0.1, 86_400) or _START_S,
        secrets=environment_secrets(options.environment),
    )


def split_command(line: str, name: str, code: str, argument: str) -> list[str]:
    """The words of a command line; the `UsageError` of one that cannot be split begins with `name`."""
    try:
        return shlex.split(line)
    except ValueError as error:
        message = f"{name}: {error}"
        raise UsageError(message, code=code, argument=argument, hint="quote it as for a shell") from None


class CommandWorker(msgspec.Struct, frozen=True):
    """A program that reads and writes lines of JSON; without an environment it has that of this process."""

    label: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] | None = None

    async def start(self, name: str, timeout_s: float, start_s: float) -> RunningWorker:
        """Start the program; see `Worker.start`."""
        return await Program.start(list(self.arguments), name, timeout_s, start_s, self.environment)


def workers_of(
    name: str,
    arguments: Sequence[str],
    options: ModelOptions,
    *,
    more: Sequence[str] = (),
    on_ray: Sequence[str] = (),
) -> list[Worker]:
    """The workers that options ask for: one for each GPU, command line and Ray actor, else one.

    A group of GPUs such as "0+1" is for one worker. `more` is added to each command line; `on_ray` is the program and
    its arguments on a node of Ray, where they are others.
    """
    workers: list[Worker] = []
    for gpu in options.gpus:
        environment = {**options.environment, "CUDA_VISIBLE_DEVICES": gpu.replace("+", ",")}
        workers.append(CommandWorker(f"gpu {gpu}", tuple(arguments), environment))
    for line in options.workers:
        if line.startswith(PREFIX):
            workers += ray_workers(line, on_ray or arguments)
        else:
            workers.append(_command_worker(line, more))
    return workers or [CommandWorker(name, tuple(arguments))]


def _command_worker(line: str, more: Sequence[str]) -> CommandWorker:
    """A worker by its command line; no shell is involved here."""
    words = split_command(line, line, "invalid-value", "workers")
    if not words or shutil.which(words[0]) is None:
        program = words[0] if words else ""
        raise UsageError(f'{line}: there is no program "{program}"', code="invalid-value", argument="workers")
    # ssh joins its arguments with spaces, and the shell of the other host splits them again.
    added = map(shlex.quote, more) if Path(words[0]).name == "ssh" else more
    return CommandWorker(line, (*words, *added))
