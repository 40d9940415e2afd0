"""`vllm/…` and `sglang/…`: an inference server for each group of GPUs, started and ended by this program.

The server's program lives in an environment of its own and is found on the path or by the option `program`; it is never
a dependency. A supervisor (`mmar.models.local.supervisor`) owns each server, so that none survives this program. Requests go through
the adapter of `openai/`, and the pool of `hf/` shares them out, starts a server again that ended, and compares facts.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec

from mmar.models.credentials import Credential, embedded_secrets, environment_secrets
from mmar.models.http_client import HttpClient
from mmar.models.local.command import split_command
from mmar.models.local.server_worker import Checkpoint, Engine, ServerWorker
from mmar.models.local.worker_pool import WorkerPool
from mmar.models.model import ModelOptions, incompatible, model_error
from mmar.models.openai import chat_format, chat_model
from mmar.models.options import (
    AUDIO_OPTIONS,
    audio_form,
    check_known,
    get_choice,
    get_int,
    get_number,
    get_object,
    get_switch,
    server_audio_options,
)
from mmar.models.service import ServiceModel

_DTYPES = ("auto", "float32", "bfloat16", "float16")
_START_S = 14_400.0  # as for `hf/`: a hundred gigabytes are downloaded and loaded first
_MOST_RESTARTS = 3
_OPTIONS = (
    *AUDIO_OPTIONS,
    "audio_as",
    "body",
    "code",
    "dtype",
    "exact",
    "max_model_len",
    "program",
    "quantization",
    "serve",
    "start_s",
    "tensor_parallel",
)
# What this program itself says to a server, and so may not be said by the option `serve`.
_OWN_ARGUMENTS = ("api_key", "host", "model", "model_path", "port", "served_model_name")


# The checkpoint's sampling defaults would otherwise fill whatever a request leaves out.
_VLLM = Engine(
    name="vllm",
    always=("--generation-config", "vllm"),
    option_names={"tensor_parallel": "--tensor-parallel-size", "max_model_len": "--max-model-len"},
    exact=("--no-enable-prefix-caching",),
    version_paths=("/version",),
    clip_limit="--limit-mm-per-prompt",
    exact_environment={"VLLM_BATCH_INVARIANT": "1"},
    key_variable="VLLM_API_KEY",
)
_SGLANG = Engine(
    name="sglang",
    always=("--sampling-defaults", "openai"),
    option_names={"tensor_parallel": "--tp-size", "max_model_len": "--context-length"},
    exact=("--disable-radix-cache", "--enable-deterministic-inference"),
    version_paths=("/server_info", "/get_server_info"),
    folder_option="--model-path",
)


def _open(engine: Engine, name: str, options: ModelOptions) -> WorkerPool:
    """Open a checkpoint behind servers by its hub id or folder; errors as `open_model`."""
    extra = options.extra
    check_known(extra, _OPTIONS, engine.name)
    full_name = f"{engine.name}/{name}"
    if options.workers or options.base_urls:
        raise incompatible(
            f"{engine.name}/ starts its servers itself, on this machine",
            "workers" if options.workers else "base_urls",
            "for servers elsewhere start them there and use openai/NAME with --base-url",
        )
    start_s = get_number(extra, "start_s", 0.1, 86_400) or _START_S
    program = _program(engine, options)
    size, groups = _gpu_groups(options.gpus, get_int(extra, "tensor_parallel", 1, 1024))
    checkpoint = Checkpoint(name)
    # Hexadecimal, since a key that begins with "-" would be an option on the server's command line.
    key = Credential(secrets.token_hex(24), "this session")
    hidden = (key, *environment_secrets(options.environment), *embedded_secrets(extra))
    form = audio_form(server_audio_options(extra))

    def chat(url: str) -> ServiceModel:
        headers = {"Authorization": f"Bearer {key.reveal()}"}
        client = HttpClient((f"{url}/v1",), headers, options.timeout_s, hidden)
        return chat_model(full_name, client, chat_format(name, extra), form)

    environment = {**options.environment, "VLLM_NO_USAGE_STATS": "1"}
    if get_switch(extra, "exact"):
        environment |= engine.exact_environment
    if engine.key_variable:
        environment[engine.key_variable] = key.reveal()
    workers = [
        ServerWorker(
            f"{engine.name} on GPU {','.join(group)}" if group else full_name,
            engine,
            checkpoint,
            tuple(program),
            tuple(_arguments(engine, extra, size, options.clips)),
            {**environment, "CUDA_VISIBLE_DEVICES": ",".join(group)} if group else environment,
            _settings(extra, size),
            key,
            chat,
        )
        for group in groups
    ]
    return WorkerPool(
        full_name,
        workers,
        uses_audio=True,
        timeout_s=options.timeout_s,
        start_s=start_s,
        handshake=True,
        most_restarts=_MOST_RESTARTS,
        secrets=hidden,
    )


open_vllm = partial(_open, _VLLM)
open_sglang = partial(_open, _SGLANG)


def _program(engine: Engine, options: ModelOptions) -> list[str]:
    """The words that start a server."""
    own = options.extra.get("program", "")
    words = split_command(own, "program", "invalid-option", "options") or [engine.name, "serve"]
    if len(words) == 1 and Path(words[0]).name == engine.name:
        words.append("serve")
    if shutil.which(words[0], path=options.environment.get("PATH")) is None:
        hint = (
            f"install {engine.name} in an environment of its own, such as: uv tool install {engine.name}; "
            f"or name it: --option program=/path/to/venv/bin/{engine.name}"
        )
        raise model_error("missing-program", f'there is no program "{words[0]}"', hint)
    return words


def _gpu_groups(gpus: tuple[str, ...], parallel: int | None) -> tuple[int, list[tuple[str, ...]]]:
    """The number of GPUs of a server, and the GPUs of each; an empty group leaves the choice to the server."""
    if not gpus:
        return parallel or 1, [()]
    groups = [tuple(gpu.split("+")) for gpu in gpus]
    if all(len(group) == 1 for group in groups) and parallel is not None:
        if len(gpus) % parallel:
            raise incompatible(f"{len(gpus)} GPUs cannot be divided into servers of {parallel}", "gpus")
        groups = [gpus[index : index + parallel] for index in range(0, len(gpus), parallel)]
    sizes = {len(group) for group in groups}
    if len(sizes) > 1 or parallel not in (None, *sizes):
        raise incompatible("each server needs the same number of GPUs", "gpus")
    return sizes.pop(), groups


def _arguments(engine: Engine, extra: Mapping[str, str], size: int, clips: int) -> list[str]:
    values: dict[str, object] = {
        "tensor_parallel": size,
        "dtype": get_choice(extra, "dtype", _DTYPES, "auto"),
        "quantization": extra.get("quantization"),
        "max_model_len": get_int(extra, "max_model_len", 1, 1 << 30),
    }
    words = ["--host", "127.0.0.1", *engine.always]
    if engine.clip_limit:
        words += [engine.clip_limit, msgspec.json.encode({"audio": clips}).decode()]
    for option, value in values.items():
        words += [] if value is None else [engine.option_names.get(option, f"--{option}"), str(value)]
    if get_switch(extra, "exact"):
        words += engine.exact
    if get_choice(extra, "code", ("refuse", "trust"), "refuse") == "trust":
        words.append("--trust-remote-code")
    for option, value in get_object(extra, "serve", _OWN_ARGUMENTS).items():
        flag = f"--{option.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, value if isinstance(value, str) else msgspec.json.encode(value).decode()]
    return words


def _settings(extra: Mapping[str, str], size: int) -> dict[str, str]:
    settings = {
        "dtype": extra.get("dtype", "auto"),
        "generation": "request",
        "batch": "invariant" if get_switch(extra, "exact") else "continuous",
        "tensor_parallel": str(size),
    }
    return settings | {name: extra[name] for name in ("quantization", "max_model_len") if name in extra}
