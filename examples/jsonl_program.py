"""The part that the programs in this folder share: requests in, answers out, a line of JSON each.

`mmar` starts a program, writes a line for each request to its standard input and reads a line for each answer from its
standard output (docs/models.md, "command/"). This module needs the standard library only, so that it runs in any
environment. With `--self-test` no model is loaded: the first choice is the answer, and everything else is as always.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Request = dict[str, Any]
Inputs = Any
Answerer = Callable[[Inputs, dict[str, Any]], str]


def serve(model: str, load: Callable[[str], Answerer], prepare: Callable[[Request], Inputs]) -> None:
    """Answer requests until standard input ends.

    Args:
        model: hub id or folder of the weights, unless `--model` names another.
        load: opens them; returns a function of prepared inputs and settings to the answer's text.
        prepare: turns a request into what the model takes; raises ValueError for one that it cannot take.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=model, help="hub id or folder of the weights")
    parser.add_argument("--self-test", action="store_true", help="answer the first choice, without a model")
    options = parser.parse_args()
    # What libraries print goes to standard error; the protocol has standard output for itself.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    answer = None if options.self_test else load(options.model)
    out.write('{"ready": true}\n')
    for line in sys.stdin:
        request = json.loads(line)
        out.write(json.dumps({"id": request["id"], **_reply(request, prepare, answer, options.model)}) + "\n")


def _reply(
    request: Request, prepare: Callable[[Request], Inputs], answer: Answerer | None, model: str
) -> dict[str, Any]:
    try:
        inputs = prepare(request)
    except ValueError as error:
        return {"error": str(error), "kind": "audio"}
    try:
        if answer is None:
            return {"text": (request["choices"] or ["an answer"])[0], "model": model}
        return {"text": answer(inputs, request["settings"]), "model": model}
    except Exception as error:  # noqa: BLE001 - one request may fail without the others
        return {"error": f"{type(error).__name__}: {error}"}


def device() -> str:
    """The first GPU, else the processor."""
    import torch

    return "cuda:0" if torch.cuda.is_available() else "cpu"


def weights_folder(name: str) -> str:
    """The folder of weights: a folder itself, or a hub id's in the cache, downloaded if it is not there."""
    if Path(name).is_dir():
        return name
    from huggingface_hub import snapshot_download

    return snapshot_download(name)


def one_clip(request: Request) -> str:
    """The path of a request's clip.

    Raises:
        ValueError: it has none or several.
    """
    if not isinstance(request["audio"], str):
        raise ValueError("this program takes exactly one clip")
    return request["audio"]
