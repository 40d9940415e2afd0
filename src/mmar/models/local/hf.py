"""`hf/ORG/NAME[@REVISION]` and `hf/./FOLDER`: open weights in a worker process for each GPU.

This program never imports torch: the worker (`python -m mmar.models.local.weights`) does, in this environment or in the one
whose Python the option `python` names, which must have mmar too. It speaks the protocol of `command/`, so that a crash, a
batch that takes minutes or a killed worker is handled as there, and so that workers on other hosts can be had by `--worker`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from mmar.models.credentials import environment_secrets
from mmar.models.local.command import workers_of
from mmar.models.local.worker_pool import WorkerPool
from mmar.models.model import ModelOptions, model_error
from mmar.models.options import check_known, get_choice, get_int, get_number

PACKAGES_HINT = "pip install 'mmar[local]', or name a Python that has them: --option python=/venv/bin/python"
CHOICES = (
    ("dtype", ("auto", "float32", "bfloat16", "float16"), "auto"),
    ("attention", ("sdpa", "eager", "flash_attention_2"), "sdpa"),
    ("quantization", ("none", "bnb-4bit", "bnb-8bit"), "none"),
    ("generation", ("greedy", "checkpoint"), "greedy"),
    ("long", ("cut", "refuse"), "cut"),
)
_OPTIONS = (*(name for name, _, _ in CHOICES), "adapter", "batch", "code", "device", "python", "start_s")
_START_S = 14_400.0  # a hundred gigabytes are downloaded and loaded before the first line


def open_hf(name: str, options: ModelOptions) -> WorkerPool:
    """Open a checkpoint by its hub id or folder; errors as `open_model`, code `missing-extra` without torch."""
    extra = options.extra
    check_known(extra, _OPTIONS, "hf")
    python = extra.get("python", sys.executable)
    missing = find_spec("torch") is None or find_spec("transformers") is None
    if python == sys.executable and missing and not options.workers:
        raise model_error("missing-extra", f"hf/{name} needs torch and transformers", PACKAGES_HINT)
    arguments = ["-m", "mmar.models.local.weights", "--model", name]
    arguments += ["--batch", str(get_int(extra, "batch", 1, 1024) or 1)]
    for option, values, default in CHOICES:
        arguments += [f"--{option}", get_choice(extra, option, values, default)]
    for option in ("adapter", "device"):
        if extra.get(option):
            arguments += [f"--{option}", extra[option]]
    if not extra.get("device") and options.gpus:
        # Named, so that a worker without its GPU is an error; a worker that has several shares the layers out.
        arguments += ["--device", "auto" if any("+" in gpu for gpu in options.gpus) else "cuda:0"]
    if get_choice(extra, "code", ("refuse", "trust"), "refuse") == "trust":
        arguments.append("--trust-code")
    workers = workers_of(
        f"hf/{name}",
        [python, *arguments],
        options,
        more=arguments[2:],
        on_ray=[extra.get("python", ""), *arguments],
    )
    return WorkerPool(
        f"hf/{name}",
        workers,
        uses_audio=True,
        timeout_s=options.timeout_s,
        start_s=get_number(extra, "start_s", 0.1, 86_400) or _START_S,
        handshake=True,
        secrets=environment_secrets(options.environment),
    )
