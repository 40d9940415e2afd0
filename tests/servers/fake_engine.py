"""A program that stands for vLLM and SGLang: it serves chat completions about clips, and fails as it is told to.

    python fake_engine.py serve FOLDER --port N --host 127.0.0.1 [--fake-FAULT ...] [anything else is taken]

Faults that happen once leave a file behind in the folder `--fake-state`, where each start also notes its process id.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import signal
import subprocess
import sys
import threading
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOLDER = """
import socket, sys, time
held = socket.socket(); held.bind(("127.0.0.1", int(sys.argv[1]))); held.listen()
print("held", flush=True); time.sleep(120)
"""

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--api-key", default=os.environ.get("VLLM_API_KEY", ""))
parser.add_argument("--served-model-name", default="")
parser.add_argument("--limit-mm-per-prompt", default='{"audio": 1000}')
parser.add_argument("--fake-state", type=Path, required=True)
parser.add_argument("--fake-early-death", help="print this and end")
parser.add_argument("--fake-stolen-port", action="store_true", help="once: somebody else takes the port")
parser.add_argument("--fake-never-healthy", action="store_true")
parser.add_argument("--fake-deaf", action="store_true", help="refuse every question with a clip")
parser.add_argument("--fake-dies-at-first", action="store_true", help="the engine ends at the first question")
parser.add_argument("--fake-hears", type=float, default=1e9, help="seconds")
parser.add_argument("--fake-dies-after", type=int, help="once: end after so many answers")
parser.add_argument("--fake-always-dies-after", type=int)
parser.add_argument(
    "--fake-dying-starts", type=int, default=1000, help="so many starts die; later ones do not"
)
parser.add_argument("--fake-sick-after", type=int, help="once: 503 from /health, 500 from all else")
parser.add_argument("--fake-thinks", action="store_true", help="no answer within fewer than 100 tokens")
parser.add_argument("--fake-stubborn", action="store_true", help="ignore SIGTERM")
options, others = parser.parse_known_args()
state: Path = options.fake_state
lock = threading.Lock()
answered = 0
sick = False
started = len(list(state.glob("start-*")))
(state / f"start-{started:03}-{os.getpid()}").write_text(json.dumps(sys.argv[1:]))


def once(name: str) -> bool:
    try:
        (state / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        if self.path == "/health":
            self.reply(503 if sick or options.fake_never_healthy else 200, {})
        elif self.path in ("/version", "/server_info"):
            self.reply(200, {"version": "9.8.7"})
        else:
            self.reply(404, {})

    def do_POST(self) -> None:
        global answered, sick  # noqa: PLW0603
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {options.api_key}" or not options.api_key:
            self.reply(401, {"error": {"message": "no such key"}})
            return
        if sick:
            self.reply(500, {"error": {"message": "the engine is dead"}})
            return
        if options.fake_dies_at_first:
            sick = True
            print(
                "Traceback (most recent call last):\n  File x\nValueError: head_dim=8 is unsupported",
                flush=True,
            )
            self.reply(500, {"error": {"message": "the engine is dead, see the log"}})
            return
        if options.fake_deaf:
            self.reply(400, {"error": {"message": "At most 0 audio(s) may be provided in one prompt."}})
            return
        parts = [
            part
            for message in body["messages"]
            if isinstance(message["content"], list)
            for part in message["content"]
        ]
        clips = [part["input_audio"] for part in parts if part["type"] == "input_audio"]
        if len(clips) > json.loads(options.limit_mm_per_prompt)["audio"]:
            self.reply(400, {"error": {"message": "At most 1 audio(s) may be provided in one prompt."}})
            return
        clip = clips[0]
        with wave.open(io.BytesIO(base64.b64decode(clip["data"]))) as sound:
            assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
            seconds = sound.getnframes() / sound.getframerate()
        probe = any(part.get("text") == "What is heard?" for part in parts)
        with lock:
            answered += not probe
            count = answered
        limit = options.fake_always_dies_after if started < options.fake_dying_starts else None
        if options.fake_dies_after and count >= options.fake_dies_after and once("died"):
            limit = count
        if limit and count >= limit:
            print(
                "Traceback (most recent call last):\n  File x\nRuntimeError: CUDA error: an illegal access",
                flush=True,
            )
            os._exit(9)
        if options.fake_sick_after and count >= options.fake_sick_after and once("sick"):
            sick = True
            self.reply(500, {"error": {"message": "the engine is dead"}})
            return
        cut = options.fake_thinks and body.get("max_tokens", 100) < 100
        self.reply(
            200,
            {
                "model": os.environ.get("CUDA_VISIBLE_DEVICES", "all"),
                "choices": [
                    {
                        "finish_reason": "length" if cut else "stop",
                        "message": {"role": "assistant", "content": None if cut else "two"},
                    }
                ],
                "usage": {
                    "prompt_tokens": 20 + round(25 * min(seconds, options.fake_hears)),
                    "completion_tokens": 1,
                },
            },
        )


if options.fake_stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if options.fake_early_death:
    sys.exit(options.fake_early_death)
if options.fake_stolen_port and once("stolen"):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(options.port)], stdout=subprocess.PIPE, start_new_session=True
    )
    holder.stdout.readline()
    (state / "holder").write_text(str(holder.pid))
    sys.exit("[Errno 98] error while attempting to bind")
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
