"""A program for the `command` adapter, and functions for the `python` adapter, that do as the question says.

    echo WORDS        answers WORDS
    digest            answers the SHA-256 of the clip
    think             reasons in <think> tags, then answers
    settings          answers the settings that it was given, as JSON
    fail              answers with an error
    silent            answers without text
    speak             answers in speech, with WORDS as its transcript
    hang              never answers
    crash             ends with status 3 and a word on standard error
    twice             answers twice
    noise             writes lines that are no answers, then answers
    late              answers after the next request has been answered

It refuses requests that are not as documented. With an argument `start=SECONDS` it takes so long to start,
with `dead` it ends at once, with `deaf` it reads nothing, with `children` it leaves a child behind that holds
its output open.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path


def checked(request: dict) -> dict:
    """The request, if it is as documented."""
    assert set(request) == {"id", "item", "messages", "audio", "question", "choices", "settings"}, request
    for message in request["messages"]:
        assert set(message) in ({"role", "content"}, {"role", "content", "audio"}), message
        assert message["role"] in ("system", "user", "assistant")
        assert message.get("audio") in (None, "before", "after")
    placed = [message for message in request["messages"] if "audio" in message]
    assert len(placed) == (request["audio"] is not None)
    assert request["audio"] is None or Path(request["audio"]).is_absolute()
    assert all(isinstance(choice, str) for choice in request["choices"])
    assert set(request["settings"]) <= {"temperature", "top_p", "max_tokens", "seed"}
    return request


def reply(request: dict) -> dict:
    """What the question asks for."""
    word, _, rest = checked(request)["question"].partition(" ")
    answers: dict[str, dict] = {
        "digest": {
            "text": request["audio"] and hashlib.sha256(Path(request["audio"]).read_bytes()).hexdigest()
        },
        "think": {"text": "<think>hm</think>so", "model": "fake", "usage": {"output_tokens": 3}},
        "settings": {"text": json.dumps(request["settings"])},
        "fail": {"error": "out of memory"},
        "silent": {"text": None},
        "speak": {"text": rest or None, "spoken": True},
        "secret": {"error": f"my key is {os.environ.get('PLANTED_KEY')}"},
    }
    return {"id": request["id"], **answers.get(word, {"text": rest})}


def main() -> None:
    arguments = sys.argv[1:]
    if "dead" in arguments:
        sys.exit("no module named torch")
    if "children" in arguments:
        import subprocess

        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print(f"child {child.pid}", file=sys.stderr, flush=True)
    for argument in arguments:
        if argument.startswith("start="):
            print("loading weights…", flush=True)
            time.sleep(float(argument.partition("=")[2]))
    if "ready" in arguments:
        print('{"ready": true}', flush=True)
    if "deaf" in arguments:
        time.sleep(60)
    late = []
    for line in sys.stdin:
        request = json.loads(line)
        answer = json.dumps(reply(request))
        word = request["question"].partition(" ")[0]
        if word == "crash":
            sys.stderr.write("CUDA error: device-side assert triggered\n")
            os._exit(3)
        if word == "hang":
            continue
        if word == "late":
            late.append(answer)
            continue
        if word == "noise":
            print("100%|██████████| 1/1\n{broken\n[]\n" + json.dumps({"id": "nobody", "text": "x"}))
        print(answer, *late, sep="\n", flush=True)
        late.clear()
        if word == "twice":
            print(answer, flush=True)
    print("leaving", file=sys.stderr)


def obey(request: dict) -> dict | str:
    """For the `python` adapter, called in a thread."""
    word, _, rest = request["question"].partition(" ")
    if word == "hang":
        time.sleep(2.0)
    if word == "crash":
        raise ValueError("no such tensor")
    if word == "leave":
        sys.exit(1)
    if word == "echo":
        time.sleep(0.002)
        return rest
    return reply(request)


async def obey_async(request: dict) -> dict | str:
    """For the `python` adapter, awaited."""
    import asyncio

    word, _, rest = request["question"].partition(" ")
    if word == "hang":
        await asyncio.sleep(60)
    if word == "echo":
        await asyncio.sleep(0.002)
        return rest
    return obey(request)


if __name__ == "__main__":
    main()
