"""Opening a checkpoint by one path for all architectures: configuration, class, processor, weights.

The class is the one that answers in text: the Thinker of the two Qwen Omni models, else the multimodal auto class, else
the sequence-to-sequence one (which alone knows Audio Flamingo 3 and Music Flamingo). Measured on transformers 5.24.
"""

from __future__ import annotations

import json
import os
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers

from mmar.errors import UsageError
from mmar.models.local.checkpoints import find_checkpoint
from mmar.models.model import model_error

_THINKERS = {
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
_INCOMPLETE = "the checkpoint is incomplete, damaged or of another architecture; download it again"
_MAX_REASON = 400


class WeightOptions(NamedTuple):
    """Options of opening a checkpoint; `CHOICES` has the values of the words.

    Attributes:
        model: hub id, `ORG/NAME@REVISION`, or the path of a folder.
        adapter: hub id or folder of a LoRA adapter (peft); empty for none.
        trust_code: run the checkpoint's own Python code.
        device: such as `cuda:0`; empty for the first GPU, else the CPU; `auto` to share the layers out to all GPUs.
    """

    model: str
    dtype: str = "auto"
    attention: str = "sdpa"
    quantization: str = "none"
    adapter: str = ""
    trust_code: bool = False
    device: str = ""


class LoadedModel(NamedTuple):
    """An opened checkpoint: a model in evaluation mode and its processor.

    Attributes:
        settings: what an answer depends on, for the signature.
        environment: what it runs on.
    """

    model: Any
    processor: Any
    settings: dict[str, str]
    environment: dict[str, str]


def load(options: WeightOptions) -> LoadedModel:
    """Open a checkpoint; the `UsageError` of one that cannot be used says what to do."""
    _check_packages(options)
    folder, identity = find_checkpoint(options.model)
    _check_shards(folder, options)
    config = _config(folder, options)
    kind = _model_class(config, options)
    processor = _processor(folder, options)
    model, info = _weights(kind, folder, options)
    for name, what in (("missing_keys", "lacks"), ("mismatched_keys", "has in another shape")):
        if tensors := sorted(key if isinstance(key, str) else key[0] for key in info.get(name, ())):
            problem = f"{options.model} {what} {len(tensors)} tensors that {kind.__name__} needs, the first is {tensors[0]}"
            raise model_error("missing-weights", problem, _INCOMPLETE)
    model.eval()
    settings = {
        "weights": identity,
        "dtype": str(model.dtype).removeprefix("torch."),
        "attention": str(getattr(model.config, "_attn_implementation", options.attention)),
        "engine": f"transformers@{transformers.__version__}",
    }
    if options.trust_code:
        settings["code"] = "trusted"
    if options.quantization != "none":
        settings["quantization"] = options.quantization
    if options.adapter:
        model, name = _with_adapter(model, options)
        settings["adapter"] = name
    return LoadedModel(model, processor, settings, _environment(model, kind, processor))


def first_line(error: BaseException) -> str:
    """The first line of a library's error, which may go on for a page."""
    first, *_ = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {first}"[:_MAX_REASON]


def sampling_rate(processor: Any) -> int:
    """The rate in Hz of the clips that a processor takes."""
    extractor = getattr(processor, "feature_extractor", None) or getattr(processor, "audio_processor", None)
    return int(getattr(extractor, "sampling_rate", None) or 16_000)


def _check_packages(options: WeightOptions) -> None:
    """Refuse what needs a package that is not there, before anything is downloaded or loaded."""
    needed = {
        "bitsandbytes": options.quantization if options.quantization != "none" else "",
        "peft": "adapter" if options.adapter else "",
    }
    for package, option in needed.items():
        if option and find_spec(package) is None:
            raise model_error("missing-package", f"{option} needs {package}", f"pip install {package}")


def _check_shards(folder: Path, options: WeightOptions) -> None:
    """Check that the files that an index of weights names are there, and in the folder, whose digest names the run."""
    for index in folder.glob("*.index.json"):
        named = _object(index).get("weight_map")
        files = sorted({str(name) for name in named.values()}) if isinstance(named, dict) else []
        outside = [name for name in files if Path(name).is_absolute() or ".." in Path(name).parts]
        missing = [name for name in files if not (folder / name).is_file()]
        if outside:
            problem = f"{options.model}: {index.name} names a file outside the folder ({outside[0]})"
            raise model_error("outside-folder", problem, "put the weights into the folder")
        if missing:
            problem = f"{options.model} lacks {len(missing)} of its {len(files)} files of weights, the first is {missing[0]}"
            raise model_error("missing-weights", problem, _INCOMPLETE)


def _object(path: Path) -> dict[str, Any]:
    """A JSON object; empty where the file is no such thing."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _config(folder: Path, options: WeightOptions) -> Any:
    raw = _object(folder / "config.json")
    if not raw:
        message = f"{options.model} has no valid config.json"
        hint = "expected a folder that transformers saved"
        raise model_error("not-a-checkpoint", message, hint)
    if (
        "auto_map" in raw
        and raw.get("model_type") not in transformers.CONFIG_MAPPING
        and not options.trust_code
    ):
        message = f"{options.model} ({raw.get('model_type')}) needs Python code that comes with it, which would run with your rights"
        hint = "read its code, then allow it with --option code=trust; or run it as command/ in an environment of its own"
        raise model_error("remote-code", message, hint)
    try:
        return transformers.AutoConfig.from_pretrained(folder, trust_remote_code=options.trust_code)
    except (ValueError, OSError, KeyError) as error:
        message = f"transformers {transformers.__version__} does not know the architecture {raw.get('model_type')!r} ({first_line(error)})"
        hint = "pip install -U transformers, or run it as command/ in its authors' environment"
        raise model_error("unknown-architecture", message, hint) from None


def _model_class(config: Any, options: WeightOptions) -> Any:
    if config.model_type in _THINKERS:
        try:
            return getattr(transformers, _THINKERS[config.model_type])
        except ImportError as error:
            raise _missing_package(error, options) from None
    for auto in (transformers.AutoModelForMultimodalLM, transformers.AutoModelForSeq2SeqLM):
        if type(config) in auto._model_mapping:
            return auto._model_mapping[type(config)]
    if options.trust_code:
        return transformers.AutoModelForCausalLM
    message = f"{options.model} ({config.model_type}) is not a model that answers questions about audio"
    hint = "serve a text model and use text/NAME, or a cascade"
    raise model_error("no-audio-class", message, hint)


def _processor(folder: Path, options: WeightOptions) -> Any:
    try:
        processor = transformers.AutoProcessor.from_pretrained(folder, trust_remote_code=options.trust_code)
    except ImportError as error:
        raise _missing_package(error, options) from None
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises
        message = f"{options.model} has no usable processor ({first_line(error)})"
        hint = (
            "copy the files of processor, tokenizer and chat template from the model that it was tuned from"
        )
        raise model_error("no-processor", message, hint) from None
    tokenizer = getattr(processor, "tokenizer", processor)
    tokenizer.padding_side = "left"
    if getattr(tokenizer, "pad_token", None) is None:
        tokenizer.pad_token = tokenizer.eos_token
    return processor


def _missing_package(error: ImportError, options: WeightOptions) -> UsageError:
    """The error of a package that is not there, or that cannot be imported."""
    first: BaseException = error  # transformers hides what really happened behind its own errors
    while (earlier := first.__cause__ or first.__context__) is not None:
        first = earlier
    return model_error(
        "missing-package",
        f"{options.model} needs a package that is missing or cannot be imported: {str(first).strip()}",
        "Qwen Omni: pip install 'mmar[omni]', with torch and torchvision of one release and build; "
        "Voxtral: pip install 'mmar[voxtral]'",
    )


def _weights(kind: Any, folder: Path, options: WeightOptions) -> tuple[Any, dict[str, Any]]:
    arguments: dict[str, Any] = {
        "dtype": "auto" if options.dtype == "auto" else getattr(torch, options.dtype),
        "attn_implementation": options.attention,
        "output_loading_info": True,
        "ignore_mismatched_sizes": True,  # reported, and then refused
        "trust_remote_code": options.trust_code,
    }
    device = options.device or ("cuda:0" if torch.cuda.is_available() else "cpu")
    _check_device(device, options)
    placed = device == "auto" or options.quantization != "none"
    if placed:
        arguments["device_map"] = "auto" if device == "auto" else {"": device}
    if options.quantization != "none":
        arguments["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=options.quantization == "bnb-4bit", load_in_8bit=options.quantization == "bnb-8bit"
        )
    try:
        model, info = kind.from_pretrained(folder, **arguments)
        if not placed:
            model = model.to(device)
    except torch.OutOfMemoryError:
        message = f"{options.model} does not fit into the memory of {device}"
        hint = "use --option quantization=bnb-4bit, or vllm/ over several GPUs"
        raise model_error("out-of-memory", message, hint) from None
    except ImportError as error:
        problem = f"{options.model} cannot be loaded as the options say ({first_line(error)})"
        hint = "install what it names, or choose another option"
        raise model_error("missing-package", problem, hint) from None
    except pickle.UnpicklingError:
        problem = (
            f"{options.model} has weights in a pickle that holds more than tensors, which could run any code"
        )
        raise model_error("unsafe-weights", problem, "convert it to safetensors where you trust it") from None
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises
        problem = f"{options.model} cannot be loaded ({first_line(error)})"
        raise model_error("cannot-load", problem, _INCOMPLETE) from None
    return model, info


def _check_device(device: str, options: WeightOptions) -> None:
    try:
        torch_device = torch.device("cpu" if device == "auto" else device)
        exists = torch_device.type != "cuda" or (torch_device.index or 0) < torch.cuda.device_count()
    except RuntimeError:  # a name that torch does not know
        exists = False
    if not exists:
        message = f"{options.model}: there is no device {device} here for torch {torch.__version__}"
        hint = "leave out device and gpus to run on the first GPU, else on the processor; or install torch for this GPU"
        raise model_error("no-device", message, hint)


def _with_adapter(model: Any, options: WeightOptions) -> tuple[Any, str]:
    import peft

    folder, identity = find_checkpoint(options.adapter)
    try:
        adapted = peft.PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (ValueError, OSError, RuntimeError) as error:
        message = f"the adapter {options.adapter} does not fit ({first_line(error)})"
        raise model_error("cannot-load", message) from None
    return adapted.eval(), identity


def _environment(model: Any, kind: Any, processor: Any) -> dict[str, str]:
    device = model.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else os.uname().machine
    extractor = getattr(processor, "feature_extractor", None)
    slow = {} if device.type != "cpu" else {"warning": "the weights run on the processor, not on a GPU"}
    return {
        **slow,
        "device": f"{device.type}: {name}",
        "torch": torch.__version__,
        "cuda": str(torch.version.cuda or ""),
        "model_class": kind.__name__,
        "processor": type(processor).__name__,
        "feature_extractor": f"{type(extractor).__name__} n_samples={getattr(extractor, 'n_samples', None)}",
        "clip_rate": str(sampling_rate(processor)),
    }
