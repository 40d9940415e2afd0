"""A worker: lines of JSON in, lines of JSON out, batching what waits.

The lines are those of `mmar.models.jsonl`. They are written on a private copy of standard output; what libraries print
goes to standard error. The worker ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from mmar.errors import MmarError, UsageError
from mmar.models.local.hf import CHOICES, PACKAGES_HINT
from mmar.models.model import model_error

if TYPE_CHECKING:
    from mmar.models.local.weights.answering import Answerer


_GATHER_S = 0.02
_ALIVE_S = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Load, test, and answer until standard input closes."""
    options = _options(arguments)
    out = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    writer, inbox = _Writer(out), _Inbox()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        worker = _Worker(options, writer, inbox)
    except Exception as error:  # noqa: BLE001 - whatever stops the start is said in the protocol
        writer.say({"fatal": _fatal(error)})
        return 1
    facts = {"settings": worker.settings, "environment": worker.environment}
    inbox.started = True
    writer.say({"ready": True, "facts": facts, "in_flight": worker.in_flight})
    worker.serve()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mmar.models.local.weights", description="Answer requests with local weights."
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=1)
    for option, values, default in CHOICES:
        parser.add_argument(f"--{option}", choices=values, default=default)
    parser.add_argument("--adapter", default="")
    parser.add_argument("--device", default="")
    parser.add_argument("--trust-code", action="store_true")
    return parser.parse_args(arguments)


def _fatal(error: Exception) -> dict[str, str]:
    code, message, hint = "cannot-load", f"{type(error).__name__}: {error}", ""
    if isinstance(error, MmarError):
        code, message, hint = error.code, error.message, error.hint or ""
    elif isinstance(error, ImportError):
        code, message = "missing-package", f"local weights need torch and transformers ({error})"
        hint = PACKAGES_HINT
    return {"code": code, "message": message, "hint": hint}


class _Writer:
    """Writes lines, also from the thread that says that tokens come."""

    def __init__(self, out: IO[str]) -> None:
        self._out, self._lock = out, threading.Lock()
        self._last = float("inf")  # no sign of life before the first line, which bears the facts

    def say(self, record: Mapping[str, Any]) -> None:
        with self._lock:
            self._out.write(json.dumps(record) + "\n")
            self._out.flush()
            self._last = time.monotonic()

    def alive(self) -> None:
        if time.monotonic() - self._last > _ALIVE_S:
            self.say({"ready": True})


class _Inbox:
    """The requests that wait, read in a thread; `None` ends them.

    Attributes:
        started: whether the model is ready. Before that, an end without a request ends the process at once: whoever
            started it is gone, and loading may take minutes and a GPU's memory.
    """

    def __init__(self) -> None:
        self.started = False
        self.queue: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            if line.strip():
                self.queue.put(json.loads(line))
        if not self.started and self.queue.empty():
            os._exit(0)
        self.queue.put(None)


def _usable_batch_size(answerer: Answerer, size: int) -> int:
    """The batch size: what was asked for, as far as memory goes and a batch answers as one request alone, else 1."""
    import torch

    from mmar.models.local.weights.self_test import batch_matches_single

    while size > 1:
        try:
            if batch_matches_single(answerer, min(size, 4)):
                return size
        except torch.OutOfMemoryError:
            size //= 2
        else:
            text = "a batch does not answer as one request alone; the batch size is 1"
            print(text, file=sys.stderr, flush=True)
            return 1
    return 1


class _Worker:
    """The opened model, which answers what is in the inbox."""

    def __init__(self, options: argparse.Namespace, writer: _Writer, inbox: _Inbox) -> None:
        from mmar.models.local.weights.answering import Answerer
        from mmar.models.local.weights.loading import WeightOptions, first_line, load
        from mmar.models.local.weights.self_test import run_self_test

        loaded = load(WeightOptions(**{name: getattr(options, name) for name in WeightOptions._fields}))
        self._answerer: Answerer = Answerer(loaded, options.generation, writer.alive)
        self._writer, self._long = writer, options.long
        try:
            self._limit = run_self_test(self._answerer, options.model)
            self._batch = _usable_batch_size(self._answerer, max(1, options.batch))
        except UsageError:
            raise
        except Exception as error:
            message = f"{options.model} cannot be asked about a clip ({first_line(error)})"
            hint = "check its chat template, tokenizer and processor against the model that it was tuned from"
            raise model_error("cannot-ask", message, hint) from error
        self.settings = {**loaded.settings, **self._answerer.settings, "batch": str(self._batch)}
        limit_text = "no limit found" if math.isinf(self._limit) else f"{self._limit:g} s"
        self.environment = {**loaded.environment, "heard_up_to": limit_text}
        self.in_flight = 2 * self._batch
        self._queue = inbox.queue

    def serve(self) -> None:
        """Answer until standard input closes; then end at once, whatever waits."""
        for batch in self._batches():
            self._answer(batch)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        """Batches of the waiting requests, up to the batch size and of equal settings."""
        next_first: dict[str, Any] | None = None
        while True:
            first = next_first if next_first is not None else self._queue.get()
            next_first = None
            if first is None:
                return
            batch, until = [first], time.monotonic() + _GATHER_S
            while len(batch) < self._batch:
                try:
                    record = self._queue.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    break
                if record is None:
                    yield batch
                    return
                if record.get("settings") != first.get("settings"):
                    next_first = record
                    break
                batch.append(record)
            yield batch

    def _answer(self, batch: list[dict[str, Any]]) -> None:
        from mmar.models.local.weights.answering import ClipError

        ready: list[tuple[dict[str, Any], Any, dict[str, bool]]] = []
        for record in batch:
            try:
                audio = record.get("audio") or []
                paths = [audio] if isinstance(audio, str) else audio
                clips = [self._answerer.clip(path) for path in paths]
                longest = max((len(samples) for samples, _ in clips), default=0)
                cut = longest > self._limit * self._answerer.rate
                sent = {"cut": cut, "mixed_down": any(mixed for _, mixed in clips)}
                if cut and self._long == "refuse":
                    raise ClipError(
                        f"{', '.join(paths)}: longer than the {self._limit:g} s that the model hears"
                    )
                ready.append((record, self._answerer.chat(record, [samples for samples, _ in clips]), sent))
            except (ClipError, MmarError, OSError) as error:
                self._writer.say({"id": record["id"], "error": str(error), "kind": "audio"})
        self._generate(ready)

    def _generate(self, ready: list[tuple[dict[str, Any], Any, dict[str, bool]]]) -> None:
        """Answer a batch; on out of memory halve it, and stay halved."""
        import torch

        if not ready:
            return
        try:
            answers = self._answerer.answer([chat for _, chat, _ in ready], ready[0][0].get("settings") or {})
        except torch.OutOfMemoryError as error:
            if len(ready) == 1:
                self._writer.say(
                    {"id": ready[0][0]["id"], "error": f"out of memory: {error}", "kind": "crash"}
                )
                return
            # The size is taken here: the batch size may shrink again inside, and no request may be lost.
            half = len(ready) // 2
            self._batch = min(self._batch, half)
            print(f"out of memory: the batch size is now {self._batch}", file=sys.stderr, flush=True)
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            self._generate(ready[:half])
            self._generate(ready[half:])
            return
        except Exception as error:  # noqa: BLE001 - a model may be anybody's code; these requests failed
            for record, _, _ in ready:
                self._writer.say(
                    {"id": record["id"], "error": f"{type(error).__name__}: {error}", "kind": "crash"}
                )
            return
        for (record, _, sent), answer in zip(ready, answers, strict=True):
            self._writer.say({"id": record["id"], **answer, **sent})


if __name__ == "__main__":
    sys.exit(main())
