"""`mmar check`: each fault is told apart from the others, and a model that hears poorly is not accused."""

from __future__ import annotations

import base64
import importlib
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmar
from expect import raises
from mmar.runs.check import PROBES
from mmar.runs.check.probes import write_clips
from servers.fake_models import Raw, ReceivedRequest, Say, Status
from servers.hearing import Ears, recognise, reply


def check(fake_models: Callable[..., Any], script: Any, **options: Any) -> mmar.CheckReport:
    service = fake_models(script)
    return mmar.check("openai/fake", base_urls=service.chat_url, backoff=0.0, **options)


def states(report: mmar.CheckReport) -> dict[str, str]:
    return {verdict.name: verdict.state for verdict in report.verdicts}


def listens(ears: Ears | None = None, **faults: Any) -> Callable[[ReceivedRequest], Say]:
    return lambda received: Say(reply(received.question, received.clips, ears or Ears(), **faults))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, ...]]:
    return write_clips(PROBES, tmp_path_factory.mktemp("clips"))


@pytest.fixture(autouse=True)
def _clips_made_once(clips: dict[str, tuple[Path, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    examine = importlib.import_module("mmar.runs.check.examine")  # the package has a function of that name
    monkeypatch.setattr(examine, "write_clips", lambda _probes, _folder: clips)


GOOD = {
    "answers": "passed",
    "text": "passed",
    "readable": "passed",
    "thinking": "passed",
    "hears": "passed",
    "past 30 s": "passed",
    "both channels": "passed",
    "left from right": "passed",
    "letters E and F": "passed",
    "silence": "passed",
    "several clips": "passed",
}


def test_the_clips_are_what_they_say(clips: dict[str, tuple[Path, ...]]) -> None:
    for probe in PROBES:
        sound, side = recognise(clips[probe.id][0].read_bytes(), Ears())
        assert sound == probe.sound, probe.id
        others = [recognise(path.read_bytes(), Ears())[0] for path in clips[probe.id][1:]]
        assert others == [probe.second] * bool(probe.second)
        assert side == {"both": "both sides equally"}.get(probe.channels, probe.channels), probe.id
    assert len({path for paths in clips.values() for path in paths}) == 10
    assert len({probe.id for probe in PROBES}) == len(PROBES) == 21


@pytest.mark.parametrize("protocol", ["mmar", "letter", "af3"])
def test_a_model_that_hears_everything_passes(fake_models, protocol: str) -> None:
    report = check(fake_models, listens(), protocol=protocol)
    assert states(report) == GOOD
    assert report.passed


FAULTS: dict[str, tuple[Callable[[ReceivedRequest], Say], dict[str, str]]] = {
    "30 s": (listens(Ears(seconds=30)), {"past 30 s": "failed"}),
    "left only": (listens(Ears(channels=(0, 1))), {"both channels": "failed", "left from right": "limited"}),
    "right only": (listens(Ears(channels=(1, 2))), {"both channels": "failed", "left from right": "limited"}),
    "mono": (listens(Ears(sides=False)), {"left from right": "limited"}),
    "A to D": (listens(letters=4), {"letters E and F": "failed"}),
    "silence ignored": (listens(silence_is="rain"), {"silence": "failed"}),
    "first clip only": (listens(most_clips=1), {"several clips": "failed"}),
}


@pytest.mark.parametrize(
    ("fault", "protocol"), [*((fault, "mmar") for fault in FAULTS), ("A to D", "letter"), ("mono", "letter")]
)
def test_each_fault_is_told_apart(fake_models, fault: str, protocol: str) -> None:
    script, differs = FAULTS[fault]
    report = check(fake_models, script, protocol=protocol)
    assert states(report) == GOOD | differs
    assert report.passed == ("failed" not in differs.values())


UNKNOWN = dict.fromkeys(
    ("past 30 s", "both channels", "left from right", "letters E and F", "silence", "several clips"),
    "unknown",
)


@pytest.mark.parametrize(
    "script",
    [
        lambda received: Say(
            "rain" if "rain" in received.question.split("\n") else "It sounds like a street."
        ),
        lambda received: Say(
            "B" if "Describe" not in received.question else "I hear a person speak of the sea."
        ),
    ],
    ids=["one choice", "one letter"],
)
def test_a_deaf_model_fails(fake_models, script: Any) -> None:
    report = check(fake_models, script)
    assert states(report) == GOOD | UNKNOWN | {"hears": "failed"}


def test_clips_that_the_service_does_not_count_are_lost(fake_models) -> None:
    rng = random.Random(1)
    usage = {"prompt_tokens": 40, "completion_tokens": 3, "prompt_tokens_details": {"audio_tokens": 0}}

    def guesses(received: ReceivedRequest) -> Say:
        return Say(reply(received.question, (), Ears(), rng=rng, skill=0.0), usage=usage)

    report = check(fake_models, guesses, concurrency=1)
    assert states(report)["hears"] == "failed"


@pytest.mark.parametrize(("seed", "skill"), [(0, 0.0), (1, 0.0), (2, 0.3), (3, 0.3), (0, 0.5), (1, 0.5)])
def test_a_model_that_hears_poorly_is_not_accused(seed: int, skill: float) -> None:
    rng = random.Random(seed)

    def answer(request: dict[str, Any]) -> str:
        paths = request["audio"] if isinstance(request["audio"], list) else [request["audio"]]
        clips = [Path(path).read_bytes() for path in paths]
        return reply(request["messages"][-1]["content"], clips, Ears(), rng=rng, skill=skill)

    report = mmar.check(answer, concurrency=1)
    assert states(report)["hears"] in ("unknown", "passed")
    if skill == 0.0:
        assert states(report)["hears"] == "unknown"
        assert states(report) == GOOD | UNKNOWN | {"hears": "unknown", "thinking": "skipped"}
    # What one wrong answer may show by chance is said of a model that names every plain sound.
    failed = [name for name, state in states(report).items() if state == "failed"]
    assert not failed or all(each.right for each in report.replies if each.probe.group == "sounds")


def test_a_constant_choice_with_descriptions_that_change_is_not_called_deaf(fake_models) -> None:
    def script(received: ReceivedRequest) -> Say:
        text = reply(received.question, received.clips, Ears())
        return Say(text if "Describe" in received.question else "A")

    report = check(fake_models, script)
    assert states(report)["hears"] == "unknown"


def spoken(transcript: str | None) -> Callable[[ReceivedRequest], Raw]:
    def script(received: ReceivedRequest) -> Raw:
        sound = {"data": base64.b64encode(b"RIFF").decode(), "id": "a"}
        if transcript is not None:
            sound["transcript"] = reply(received.question, received.clips, Ears())
        message = {"role": "assistant", "content": None, "audio": sound}
        return Raw(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode())

    return script


def test_a_model_that_answers_in_speech(fake_models) -> None:
    silent = check(fake_models, spoken(None))
    assert states(silent) == {
        "answers": "failed",
        "text": "failed",
        "readable": "skipped",
        "thinking": "skipped",
    }
    report = check(fake_models, spoken("yes"))
    assert states(report) == GOOD | {"text": "failed"}


def test_thinking_that_the_token_limit_cuts(fake_models) -> None:
    def cut(received: ReceivedRequest) -> Say:
        return Say(None, thinking="Let me listen again and again", finish="length")

    report = check(fake_models, cut, max_tokens=64)
    assert states(report)["thinking"] == "failed"

    assert states(check(fake_models, Say(None, finish="length")))["thinking"] == "failed"


def test_answers_that_name_no_choice(fake_models) -> None:
    report = check(fake_models, Say("I am sorry, but I cannot listen to audio."))
    assert (states(report)["readable"], report.passed) == ("failed", False)


def test_a_server_that_fails_is_reported_with_its_reason(fake_models) -> None:
    report = check(fake_models, Status(404, "no model fake"), max_attempts=1)
    assert states(report)["answers"] == "failed"
    assert "no model fake" in report.verdicts[0].reason  # the server's own words


def test_clips_that_are_cut_and_mixed_before_they_are_sent(fake_models) -> None:
    options = {"audio_seconds": "30", "audio_channels": "1"}
    report = check(fake_models, listens(), options=options)
    assert states(report) == GOOD | {"past 30 s": "limited", "left from right": "limited"}
    deaf = check(fake_models, Say("rain"), options=options)
    assert states(deaf)["past 30 s"] == states(deaf)["left from right"] == "limited"


def test_the_command(fake_models, command) -> None:
    service = fake_models(listens(Ears(seconds=30)))
    arguments = ("check", "openai/fake", "--base-url", service.chat_url)
    result = command(*arguments)
    assert result.status == 1
    assert max(map(len, result.out.splitlines())) <= 80
    for text in ("Select one option", "a telephone ringing", "past 30 s", "FAILED"):
        assert text in result.out
    quick = command(*arguments, "--quick", "--json")
    assert quick.status == 0
    record = json.loads(quick.out)
    assert record["passed"] is True
    assert record["replies"][0]["answer"]["answer_prediction"] == "a telephone ringing"
    assert [each["name"] for each in record["verdicts"]][-1] == "hears"


def test_bad_input_is_an_error_of_usage(command) -> None:
    assert command("check", "nonsense").code == "unknown-model"
    assert command("check", "openai/x", "--base-url", "http://127.0.0.1:9", "--option", "zzz=1").status == 2
    with raises("invalid-value", argument="max_tokens"):
        mmar.check("baseline/random", max_tokens=0)


def test_quick_sends_one_request(fake_models) -> None:
    service = fake_models(listens())
    report = mmar.check("openai/fake", base_urls=service.chat_url, quick=True)
    assert len(service.requests) == 1
    assert states(report) == {
        "answers": "passed",
        "text": "passed",
        "readable": "passed",
        "thinking": "passed",
        "hears": "unknown",
    }


def test_a_model_without_audio_is_not_asked_to_hear() -> None:
    report = mmar.check("baseline/random")
    assert (states(report)["hears"], report.passed) == ("skipped", True)


def test_other_adapters(fake_models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path))
    service = fake_models(listens())
    assert states(mmar.check("gemini/fake", base_urls=service.gemini_url)) == GOOD

    def script(received: ReceivedRequest) -> Say:
        if received.audio is not None:
            return Say(f"heard {recognise(received.audio, Ears())[0]}")
        sound = received.question.split("heard ", 1)[1].split("\n")[0]
        return Say({"telephone": "a telephone ringing", "knocking": "knocking on a door"}.get(sound, sound))

    service = fake_models(script)
    report = mmar.check("cascade/openai/ears+text/mind", base_urls=service.chat_url)
    # A caption that tells no side leaves the reasoner nothing to say of sides, and a cascade takes one clip.
    assert states(report) == GOOD | {"left from right": "limited", "several clips": "limited"}


def test_local_weights_that_find_themselves_deaf(tmp_path: Path) -> None:
    program = tmp_path / "deaf.py"
    fatal = {"fatal": {"code": "deaf", "message": "its inputs stay the same", "hint": "check its processor"}}
    program.write_text(f"print({json.dumps(json.dumps(fatal))}, flush=True)\n")
    report = mmar.check("hf/some/model", workers=[f"{sys.executable} {program}"])
    assert states(report) == {"hears": "failed"}
    assert not report.passed
    assert "its inputs stay the same" in report.verdicts[0].reason
