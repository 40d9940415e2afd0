"""A stub of yt-dlp that takes its command line, and fails in the way that the URL names.

Run as `python stub_downloader.py RECORD [URL] ARGUMENTS…`; what it was started with is written to the file RECORD, and
URL is downloaded instead of the one in the arguments.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def fail(kind: str, reason: str) -> None:
    print("mmar-failure " + json.dumps({"kind": kind, "reason": reason}))


def main() -> int:
    record, *arguments = sys.argv[1:]
    url = arguments[0] if arguments[0].startswith("http") else arguments[arguments.index("--") + 1]
    target = Path(arguments[arguments.index("--paths") + 1])
    proxy = arguments[arguments.index("--proxy") + 1]
    started = {
        "arguments": arguments,
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "pid": os.getpid(),
    }
    Path(record).write_text(json.dumps(started), encoding="utf-8")
    behaviour = url.rpartition("/")[2]
    if behaviour == "fail":
        print("WARNING: something\nERROR: [site] Video unavailable", file=sys.stderr)
        fail("failed", "\x1b[31mVideo unavailable\x1b[0m")
        return 1
    if behaviour == "private":
        fail(
            "permanent", "Private video. Use --cookies-from-browser to log in. See https://x.test/ for more."
        )
        return 1
    if behaviour == "missing":
        fail("missing", "")
        return 1
    if behaviour == "filtered":
        return 0
    if behaviour == "grow":
        with (target / "audio.webm.part").open("wb") as file:
            while True:
                file.write(bytes(1 << 20))
                file.flush()
                time.sleep(0.01)
    if behaviour == "hang":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(record).write_text(json.dumps(started | {"child": child.pid}), encoding="utf-8")
        time.sleep(600)
    if behaviour == "chatter":
        sys.stdout.write("x" * 1_000_000 + "\n")
        print("mmar-progress not json")
        print("mmar-info [1, 2]")
    if behaviour == "link":
        (target / "audio.wav").symlink_to(record)
        return 0
    if behaviour == "two":
        (target / "a.wav").write_bytes(b"1")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    try:
        with opener.open(url) as reply:
            data = reply.read()
    except (urllib.error.URLError, OSError) as error:
        fail("failed", str(error))
        return 1
    info = {"title": "A \x1b[1mtone\x07", "duration": 2.0, "uploader": "somebody", "license": None}
    print("mmar-info " + json.dumps(info))
    print(
        "mmar-progress " + json.dumps({"downloaded_bytes": len(data), "total_bytes": len(data)}), flush=True
    )
    (target / "audio.wav").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
