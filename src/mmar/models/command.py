"""`command/PROGRAM ARGUMENTS...`: a program of the user's, in any language and environment.

It reads a line of JSON for each request on standard input and writes a line of JSON for each answer on
standard output, in any order, while standard input stays open; see `mmar.models.jsonl` for the lines and
docs/models.md for an example. The end of what it writes to standard error is kept for messages.

Options (`ModelOptions.extra`): `uses_audio` (`yes`, or `no` for a program that takes no audio), `start_s` (longest
wait for its first line, in seconds).
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections import Counter

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer, RequestFailed
from mmar.models.credentials import Credential, secrets_of
from mmar.models.jsonl import answer_of, request_record, sent_of, without_audio
from mmar.models.model import ModelOptions
from mmar.models.options import check_known, choice_of, number_of
from mmar.models.subprocess_model import Program
from mmar.protocols import Request

__all__ = ["Command", "open_command"]

_START_S = 1800.0
_MAX_FRUITLESS_STARTS = 3


class Command:
    """A program that answers lines of JSON, started at the first request and again after a crash.

    Args:
        name: with the adapter's name before it.
        arguments: the program and its arguments.
        uses_audio: whether it is given the clip.
        timeout_s: longest silence while answers are due, in seconds.
        start_s: longest wait for the program's first line, in seconds.
        secrets: kept out of every message and answer.
    """

    keeps_time = True  # a program may take longer to load weights than to answer

    def __init__(
        self,
        name: str,
        arguments: list[str],
        *,
        uses_audio: bool,
        timeout_s: float,
        start_s: float,
        secrets: tuple[Credential, ...] = (),
    ) -> None:
        self.name = name
        self.uses_audio = uses_audio
        self._arguments = arguments
        self._timeout_s = timeout_s
        self._start_s = start_s
        self._secrets = secrets
        self._program: Program | None = None
        self._starting = asyncio.Lock()
        self._fruitless = 0
        self._times: Counter[str] = Counter()

    async def ask(self, request: Request) -> Answer:
        """Ask once.

        Raises:
            RequestFailed: there is no answer.
        """
        sent = await asyncio.to_thread(sent_of, request) if self.uses_audio else None
        if not self.uses_audio:
            request = without_audio(request)
        program = await self._running()
        self._times[request.item_id] += 1
        times = self._times[request.item_id]
        request_id = request.item_id if times == 1 else f"{request.item_id}#{times}"
        try:
            reply, latency_s = await program.ask(request_id, request_record(request, request_id))
            answer = answer_of(reply, request.item_id, self.name)
        except RequestFailed as failure:
            raise failure.with_message(self._scrub(failure.message)) from None
        return msgspec.structs.replace(
            answer,
            text=self._scrub(answer.text),
            thinking=self._scrub(answer.thinking),
            latency_s=latency_s,
            sent=sent,
        )

    def _scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = secret.scrub(text)
        return text

    async def _running(self) -> Program:
        async with self._starting:
            program = self._program
            if program is not None and not program.over:
                return program
            if program is not None:
                self._fruitless = 0 if program.answered else self._fruitless + 1
            if program is not None and self._fruitless >= _MAX_FRUITLESS_STARTS:
                words = f"ended {self._fruitless} times without an answer; {program.last_words}"
                raise RequestFailed("crash", self._scrub(f"{self.name} {words}"))
            self._program = await Program.start(self._arguments, self._timeout_s, self._start_s)
            return self._program

    async def close(self) -> None:
        """End the program: close its standard input, wait, then end its process group."""
        if self._program is not None:
            await self._program.stop()


def open_command(name: str, options: ModelOptions) -> Command:
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
    if not arguments or shutil.which(arguments[0]) is None:
        raise UsageError(
            f'command/{name}: there is no program "{"".join(arguments[:1])}"',
            code="unknown-model",
            argument="model",
            hint="name one that is on the path, or give its path; arguments follow it",
        )
    return Command(
        f"command/{name}",
        arguments,
        uses_audio=choice_of(options.extra, "uses_audio", ("yes", "no"), "yes") == "yes",
        timeout_s=options.timeout_s,
        start_s=number_of(options.extra, "start_s", 0.1, 86_400) or _START_S,
        secrets=secrets_of(options.environment),
    )
