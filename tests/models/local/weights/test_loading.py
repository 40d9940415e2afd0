"""Opening checkpoints: what cannot be used, and generation that inherits nothing from them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="local weights need torch (pip install 'mmar[local]')")
pytest.importorskip("transformers", reason="local weights need transformers (pip install 'mmar[local]')")

from expect import raises
from mmar.errors import UsageError
from mmar.models.local.weights.answering import Answerer
from mmar.models.local.weights.loading import WeightOptions, load
from models.local.weights.conftest import clips, record
from models.local.weights.tiny import QWEN, qwen2_audio

pytestmark = pytest.mark.timeout(1800)


def refused(folder: Path | str, **options: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(WeightOptions(str(folder), **options))
    return caught.value


def test_greedy_inherits_nothing_from_the_checkpoint(tiny_model: Any, tmp_path: Path) -> None:
    sampling = {"do_sample": True, "temperature": 0.7, "top_p": 0.5, "top_k": 20}
    hostile = qwen2_audio(tmp_path / "hostile", **sampling, repetition_penalty=1.5, max_new_tokens=3)
    path = clips(tmp_path)[0]

    def text(folder: Path, generation: str = "greedy") -> str:
        answerer = Answerer(load(WeightOptions(str(folder), "float32")), generation)
        chat = answerer.chat(record(path), [answerer.clip(str(path))[0]])
        return str(answerer.answer([chat], {"max_tokens": 12})[0]["text"])

    assert text(hostile) == text(tiny_model("qwen2_audio"))
    assert text(hostile) == text(hostile)
    checkpoint = Answerer(load(WeightOptions(str(hostile))), "checkpoint")
    assert checkpoint.settings["generation"].startswith("checkpoint-")


def test_layers_may_be_shared_out_to_all_devices(tiny_model: Any) -> None:
    # Without a GPU there is one device, and the same settings.
    tiny = str(tiny_model("qwen2_audio"))
    shared, alone = (load(WeightOptions(tiny, "float32", device=device)) for device in ("auto", "cpu"))
    assert shared.settings == alone.settings


class RunsCode:
    """What a pickle may do when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def without_a_tensor(folder: Path) -> None:
    change_tensors(folder, lambda tensors: tensors.pop(next(name for name in tensors if "projector" in name)))


def of_another_shape(folder: Path) -> None:
    change_tensors(
        folder,
        lambda tensors: tensors.update(
            {name: tensors[name][:-3].clone() for name in tensors if "lm_head" in name}
        ),
    )


def not_numbers(folder: Path) -> None:
    change_tensors(
        folder,
        lambda tensors: [
            each.fill_(float("nan")) for name, each in tensors.items() if "embed_tokens" in name
        ],
    )


def change_tensors(folder: Path, change: Callable[[Any], Any]) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def cut_off(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:20_000])


def named_by_an_index(folder: Path, name: str) -> None:
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as file:
        places = dict.fromkeys(file.keys(), name)
    (folder / "model.safetensors").rename(folder.with_suffix(".safetensors"))
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": places}), "utf-8"
    )


def in_a_pickle_that_runs_code(folder: Path) -> None:
    import torch

    (folder / "model.safetensors").unlink()
    torch.save({"lm_head.weight": RunsCode(folder.with_suffix(".ran"))}, folder / "pytorch_model.bin")


def without_a_processor(folder: Path) -> None:
    for path in folder.glob("*processor_config.json"):
        path.unlink()


def for_another_rate(folder: Path) -> None:
    for path in folder.glob("*processor_config.json"):
        path.write_text(path.read_text("utf-8").replace("16000", "48000"), "utf-8")


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "missing-weights": without_a_tensor,
    "missing-weights, shape": of_another_shape,
    "missing-weights, shard": lambda folder: named_by_an_index(folder, "model-00002-of-00002.safetensors"),
    "outside-folder": lambda folder: named_by_an_index(folder, f"../{folder.name}.safetensors"),
    "cannot-load": cut_off,
    "unsafe-weights": in_a_pickle_that_runs_code,
    "not-a-checkpoint": lambda folder: (folder / "config.json").write_text("[]", "utf-8"),
    "no-processor": without_a_processor,
    "not-finite": not_numbers,
    "cannot-ask, rate": for_another_rate,
    "cannot-ask, template": lambda folder: (folder / "chat_template.jinja").write_text("{{ nothing", "utf-8"),
    "cannot-ask, no clip": lambda folder: (folder / "chat_template.jinja").write_text("No clip.", "utf-8"),
}


@pytest.mark.filterwarnings("ignore:At least one mel filter")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_refused(damage: str, tiny_model: Any, worker: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model("qwen2_audio"), folder)
    DAMAGES[damage](folder)
    with raises(damage.partition(",")[0], argument="model"):
        worker("--model", str(folder), "--dtype", "float32")
    assert not folder.with_suffix(".ran").exists()


def test_checkpoints_that_cannot_be_used(tiny_model: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tiny = tiny_model("qwen2_audio")
    text = tmp_path / "text"
    Qwen2ForCausalLM(Qwen2Config(vocab_size=300, **QWEN)).save_pretrained(text)
    assert refused(text).code == "no-audio-class"
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty").code == "not-a-checkpoint"
    assert refused(tmp_path / "nothing").code == "no-such-folder"
    assert refused(tiny, quantization="bnb-4bit").code == "missing-package"
    assert refused(tiny, adapter="./lora").code == "missing-package"
    assert refused(tiny, attention="flash_attention_2").code == "missing-package"
    assert refused(tiny, device="cuda:99").code == refused(tiny, device="nonsense").code == "no-device"
    assert refused("nobody/nothing").code in ("not-in-cache", "not-found")


def test_a_package_that_cannot_be_imported_is_named(
    tiny_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torchvision of another build than torch's, behind which transformers raises an error of its own."""
    import transformers

    def broken(*_: Any, **__: Any) -> None:
        try:
            raise RuntimeError("operator torchvision::nms does not exist")
        except RuntimeError as error:
            raise ModuleNotFoundError("Could not import module") from error

    monkeypatch.setattr(transformers.AutoProcessor, "from_pretrained", broken)
    error = refused(tiny_model("qwen2_audio"))
    assert error.code == "missing-package"
    assert "torchvision::nms" in error.message
    assert "mmar[omni]" in (error.hint or "")


def test_code_of_an_architecture_that_is_known_is_not_needed(tiny_model: Any, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny_model("qwen2_audio"), own)
    config = json.loads((own / "config.json").read_text("utf-8"))
    (own / "config.json").write_text(
        json.dumps({**config, "auto_map": {"AutoConfig": "configuration_x.X"}}), "utf-8"
    )
    (own / "configuration_x.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    load(WeightOptions(str(own), "float32"))
    assert not (tmp_path / "ran").exists()
