"""What asking costs: whole processes that send a benchmark's clips to an instant server, side by side.

    python benchmarks/perf/asking.py                     1,000 clips of 20 s (854 kB of base64), 64 at once
    python benchmarks/perf/asking.py --latency 0.2       the same against a server that takes its time
    python benchmarks/perf/asking.py --text 100000       short requests without audio, of records as MMAR's are
    python benchmarks/perf/asking.py --text 100000 --repeats 100    as many requests for a hundredth of the items
    python benchmarks/perf/asking.py --only mmar,adapter

Contenders, each in a process of its own, wall time and peak memory of that whole process:

    bare      an aiohttp loop that does nothing but read, base64 (pybase64), splice into prepared JSON, send
    openai    a loop over the `openai` package, where it is installed
    adapter   a loop over `mmar.models`, without a run around it
    mmar      `mmar run openai/x`, with its ledger, manifest and progress
    start-up  the same for one item, under --latency: what there is beside the asking

The server is a further process. It reads every body to its end and answers with a fixed reply.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

RATE, SECONDS = 16_000, 20
DISTINCT = 100
REPLY = json.dumps(
    {
        "id": "r",
        "object": "chat.completion",
        "created": 0,
        "model": "x",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "two"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
    }
).encode()


# ── the server ────────────────────────────────────────────────────────────────────────────────────────────


class Instant(asyncio.BufferedProtocol):
    """Reads bodies into one buffer and forgets them; as little work as a server can do."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.buffer = bytearray(1 << 20)
        self.head = b""
        self.left = 0

    def connection_made(self, transport) -> None:
        """Keep the way back."""
        self.transport = transport

    def get_buffer(self, sizehint: int):
        """The one buffer, whatever comes."""
        del sizehint
        return self.buffer

    def buffer_updated(self, size: int) -> None:
        """Count what came, and answer when it is all there."""
        if self.left:
            self.left -= size
        else:
            self.head += self.buffer[:size]
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = int(self.head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.left = length - (len(self.head) - end - 4)
        if self.left == 0:
            self.head = b""
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            else:
                self.answer()

    def answer(self) -> None:
        """Send the fixed reply."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
        self.transport.write(head + REPLY)


async def serve(latency: float) -> None:
    """Serve for ever on a free port, which is printed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Instant(latency), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ── the contenders ────────────────────────────────────────────────────────────────────────────────────────


async def spread(count: int, concurrency: int, one) -> None:
    """Call `one(0)` … `one(count - 1)`, so many at a time."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(worker() for _ in range(concurrency)))


async def bare(url: str, folder: Path, items: list[dict], concurrency: int) -> None:
    """The least that sends the clips with aiohttp."""
    import aiohttp
    import pybase64

    class Body(aiohttp.payload.BytesPayload):
        """Pieces of bytes, sent as they are, without aiohttp's warning about long ones."""

        def __init__(self, *pieces: bytes) -> None:
            aiohttp.payload.Payload.__init__(self, pieces, content_type="application/json")
            self._size = sum(map(len, pieces))

        async def write_with_length(self, writer, content_length) -> None:
            del content_length
            for piece in self._value:
                await writer.write(piece)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(number: int) -> None:
            item = items[number]
            text = json.dumps(question_text(item))
            if item["audio_path"]:
                data = pybase64.b64encode((folder / item["audio_path"]).read_bytes())
                head = (
                    b'{"model":"x","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":'
                    b'{"data":"'
                )
                tail = ('","format":"wav"}},{"type":"text","text":' + text + "}]}]}").encode()
                body = Body(head, data, tail)
            else:
                body = Body(('{"model":"x","messages":[{"role":"user","content":' + text + "}]}").encode())
            async with session.post(f"{url}/chat/completions", data=body) as response:
                reply = json.loads(await response.read())
                assert reply["choices"][0]["message"]["content"] == "two"

        await spread(len(items), concurrency, one)


async def openai_package(url: str, folder: Path, items: list[dict], concurrency: int) -> None:
    """The least that sends the clips with OpenAI's package."""
    import base64

    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def one(number: int) -> None:
            item = items[number]
            content: list[dict] = [{"type": "text", "text": question_text(item)}]
            if item["audio_path"]:
                data = base64.b64encode((folder / item["audio_path"]).read_bytes()).decode()
                content.insert(0, {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})
            reply = await client.chat.completions.create(
                model="x",
                messages=[{"role": "user", "content": content}],  # type: ignore[list-item,misc]
            )
            assert reply.choices[0].message.content == "two"

        await spread(len(items), concurrency, one)


async def adapter(url: str, folder: Path, items: list[dict], concurrency: int) -> None:
    """The adapter alone."""
    from mmar.models import ModelOptions, open_model
    from mmar.protocols import Message, Request

    model = open_model("openai/x", ModelOptions(base_urls=(url,)))

    async def one(number: int) -> None:
        item = items[number]
        audio = folder / item["audio_path"] if item["audio_path"] else None
        message = Message("user", question_text(item), "before" if audio else None)
        request = Request(item["id"], (message,), item["question"], tuple(item["choices"]), audio)
        assert (await model.ask(request)).text == "two"

    await spread(len(items), concurrency, one)
    await model.close()


def question_text(item: dict) -> str:
    """What is asked, as the default protocol puts it."""
    choices = "\n".join(item["choices"])
    return f"{item['question']}\nSelect one option from the provided choices:\n{choices}"


LOOPS = {"bare": bare, "openai": openai_package, "adapter": adapter}


# ── the material and the measuring ────────────────────────────────────────────────────────────────────────


def make_benchmark(folder: Path, clips: int, texts: int) -> Path:
    """Clips of noise, and a benchmark over them; clips past the first hundred are hard links.

    A record is about as long as MMAR's, whose thinking, cues and rubric are no part of a request.
    """
    file = folder / f"benchmark-{clips}-{texts}.jsonl"
    frames = RATE * SECONDS
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + 2 * frames, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", 2 * frames),
    )
    draw = random.Random(2505)
    with file.open("w", encoding="utf-8") as stream:
        for number in range(clips or texts):
            name = f"clip-{number:04d}.wav" if clips else ""
            path = folder / name
            if clips and not path.exists():
                if number < DISTINCT:
                    path.write_bytes(head + draw.randbytes(2 * frames))
                else:
                    path.hardlink_to(folder / f"clip-{number % DISTINCT:04d}.wav")
            record = {
                "id": f"item-{number}",
                "audio_path": name,
                "question": f"How many times does it ring in recording {number}?",
                "choices": ["two", "three", "four", "none"],
                "answer": "two",
                "modality": "sound",
                "category": "Signal Layer",
                "sub-category": "Counting",
                "language": "en",
                "source": "none",
                "url": f"https://example.org/{number}",
                "timestamp": "00:00:00,00:00:20",
                "thinking": f"Recording {number} begins with a pause. "
                + "Then it rings, and rings again. " * 12,
                "cue": ["two rings", "a pause before each"],
                "rubric": [
                    {
                        "name": f"Criterion {which}",
                        "scoring_point": "It says how often it rings and where the pauses are. " * 3,
                        "note": "Without it nothing was heard. " * 3,
                        "choices": [0, 1],
                    }
                    for which in range(5)
                ],
            }
            stream.write(json.dumps(record) + "\n")
    return file


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MB of a whole process."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)}\n{output.read().decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def contest(name: str, url: str, folder: Path, file: Path, arguments: argparse.Namespace) -> list[str]:
    """The command line of a contender."""
    if name in ("mmar", "start-up"):
        out = Path(tempfile.mkdtemp(dir=folder))
        model = "text/x" if arguments.text else "openai/x"
        command = [sys.executable, "-m", "mmar", "run", model, "--benchmark", str(file)]
        command += ["--audio-dir", str(folder)] if not arguments.text else []
        command += ["--out", str(out / "run"), "--base-url", url, "--concurrency", str(arguments.concurrency)]
        command += ["--limit", "1"] if name == "start-up" else ["--repeats", str(arguments.repeats)]
        return command
    loop = ["--as", name, "--url", url, "--folder", str(folder), "--file", str(file)]
    loop += ["--repeats", str(arguments.repeats)]
    return [sys.executable, __file__, *loop, "--concurrency", str(arguments.concurrency)]


def main() -> None:
    """Compare, or play one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument(
        "--text", type=int, default=0, help="ask so many short requests without audio instead"
    )
    parser.add_argument("--repeats", type=int, default=1, help="ask each item so many times; fewer items")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the server takes to answer")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--only", default="bare,openai,adapter,mmar")
    parser.add_argument("--folder", type=Path, help="keep the material here; else a temporary folder")
    parser.add_argument("--as", dest="role", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == "server":
        asyncio.run(serve(arguments.latency))
    elif arguments.role:
        items = [json.loads(line) for line in arguments.file.read_text("utf-8").splitlines()]
        items *= arguments.repeats
        asyncio.run(LOOPS[arguments.role](arguments.url, arguments.folder, items, arguments.concurrency))
    elif arguments.folder:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        compare(arguments, arguments.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    """Run the contenders in turns against one server, and print what they took."""
    clips = 0 if arguments.text else arguments.clips
    file = make_benchmark(folder, clips // arguments.repeats, arguments.text // arguments.repeats)
    count = arguments.text or clips
    server = subprocess.Popen(
        [sys.executable, __file__, "--as", "server", "--latency", str(arguments.latency)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        what = f"{count} texts" if arguments.text else f"{count} clips of {SECONDS} s"
        what += f", {arguments.repeats} of each item" if arguments.repeats > 1 else ""
        print(
            f"{what}, {arguments.concurrency} at once, {arguments.latency} s latency, {arguments.rounds} rounds"
        )
        if arguments.latency:
            floor = count / arguments.concurrency * arguments.latency
            print(f"  floor    {floor:7.2f} s of latency alone")
        names = arguments.only.split(",")
        if "openai" in names and importlib.util.find_spec("openai") is None:
            print("  openai   not installed, left out")
            names.remove("openai")
        if arguments.latency and "mmar" in names and "start-up" not in names:
            names.append("start-up")
        results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
        for _ in range(arguments.rounds):
            # In turns, so that whatever else the machine does falls on all of them alike.
            for name in names:
                wall, processor, peak = measured(
                    contest(name, url, folder, file, arguments), dict(os.environ)
                )
                results[name].append((wall - arguments.latency * (name == "start-up"), processor, peak))
                for made in folder.glob("tmp*"):
                    shutil.rmtree(made)
        for name, figures in results.items():
            wall, processor, peak = (median(each) for each in zip(*figures, strict=True))
            # A ratio is of one round, and the median is of ratios: rounds may differ in what else goes on.
            ratio = median(one[0] / first[0] for one, first in zip(figures, results[names[0]], strict=True))
            speed = "" if name == "start-up" else f"  {count / wall:7.0f} a second"
            print(
                f"  {name:8} {wall:7.2f} s  {ratio:5.2f} ×  {processor:7.2f} s of processor  {peak:6.0f} MB{speed}"
            )
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
