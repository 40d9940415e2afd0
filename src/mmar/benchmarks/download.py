"""Downloads: files of the Hugging Face Hub through `huggingface_hub`, other addresses over plain HTTP.

Both continue where an earlier call stopped, within a call and across calls. The caller verifies the file's SHA-256;
nothing is trusted before that. An error is one line that says what happened and that the same command continues.
"""

from __future__ import annotations

import base64
import http.client
import io
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from mmar._version import __version__
from mmar.benchmarks.catalogue import RemoteFile
from mmar.errors import ExternalError, UsageError
from mmar.files.atomic import disk_error
from mmar.files.progress import Advance, ignore
from mmar.files.sniff import is_html

_CONTINUE = "run the same command again; it continues where it stopped"
_MAX_ATTEMPTS = 5
_TIMEOUT_S = 30.0
_CHUNK = 1 << 18
_RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def download(
    remote: RemoteFile, folder: Path, advance: Advance = ignore, *, endpoint: str | None = None
) -> Path:
    """Download a file of the catalogue at its pinned revision into a folder, where an incomplete one is continued.

    `endpoint` is the address of the Hugging Face Hub or a mirror; by default `HF_ENDPOINT` or the public one.

    Raises:
        ExternalError: network or disk; what was downloaded is kept.
    """
    if not remote.repo:
        target = folder / remote.filename.replace("/", "-")
        return download_url(remote.url, target, advance, size=remote.size or None)
    from huggingface_hub import hf_hub_download

    address = public_url(remote.url)
    with _hub_errors(address, folder):
        return Path(
            hf_hub_download(
                remote.repo,
                remote.filename,
                repo_type="dataset",
                revision=remote.revision,
                local_dir=folder,
                library_name="mmar",
                library_version=__version__,
                endpoint=endpoint,
                tqdm_class=_progress_bar(advance),
            )
        )


def hub_parquet(repo: str, folder: Path, *, endpoint: str | None = None) -> list[RemoteFile]:
    """The Parquet files of a data set of the Hugging Face Hub at its newest revision, with the Hub's digests.

    `folder` is where they will be put, for messages; `endpoint` is as for `download`.

    Raises:
        ExternalError: the Hub cannot be reached or refuses, or the data set has no such files (code `no-clips`).
    """
    from huggingface_hub import HfApi

    address = f"https://huggingface.co/datasets/{repo}"
    with _hub_errors(address, folder):
        api = HfApi(endpoint=endpoint, library_name="mmar", library_version=__version__)
        info = api.dataset_info(repo, files_metadata=True)
    files = [
        RemoteFile(
            url=f"{address}/resolve/{info.sha}/{file.rfilename}",
            filename=file.rfilename,
            revision=info.sha or "main",
            size=file.size or 0,
            sha256=file.lfs.sha256 if file.lfs is not None else "",
            repo=repo,
        )
        for file in info.siblings or ()
        if file.rfilename.endswith(".parquet")
    ]
    if not files:
        raise ExternalError(f"{address}: has no Parquet files", code="no-clips")
    return sorted(files, key=lambda file: file.filename)


@contextmanager
def _hub_errors(address: str, folder: Path) -> Iterator[None]:
    """Turn what `huggingface_hub` raises into errors of this program."""
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        yield
    except HfHubHTTPError as error:
        raise _refused(address, error.response.status_code if error.response is not None else 0) from None
    except LocalEntryNotFoundError as error:
        if isinstance(error.__cause__, HfHubHTTPError) and error.__cause__.response is not None:
            raise _refused(address, error.__cause__.response.status_code) from None
        raise ExternalError(
            f"{address}: the host cannot be reached", code="offline", hint=_CONTINUE
        ) from None
    except OSError as error:
        raise disk_error(error, folder) from None
    except Exception as error:  # noqa: BLE001 - of the HTTP library, which differs by version of huggingface_hub
        raise _failed(address, str(error) or type(error).__name__) from None


def download_url(
    url: str,
    target: Path,
    advance: Advance = ignore,
    *,
    size: int | None = None,
    backoff: float = 1.0,
) -> Path:
    """Download an address over HTTP. Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`).

    A user name and a password in the address are used and never shown. While the target, which is returned, is
    incomplete, it is called `TARGET.part`. `backoff` is the seconds before the second attempt, doubled before each
    further one.

    Raises:
        UsageError: the address is not http or https.
        ExternalError: network or disk; what was downloaded is kept.
    """
    request = _request(url)
    part = target.with_name(f"{target.name}.part")
    failures = 0
    while True:
        before = _size(part)
        try:
            if _resume(request, part, size, advance):
                part.replace(target)
                return target
            reason = "the connection was closed early"
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = str(getattr(error, "reason", "") or error) or type(error).__name__
        except OSError as error:
            raise disk_error(error, target) from None
        failures = 0 if _size(part) > before else failures + 1
        if failures >= _MAX_ATTEMPTS:
            raise _failed(public_url(url), reason)
        if failures:
            time.sleep(backoff * 2 ** (failures - 1))


def _request(url: str) -> urllib.request.Request:
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_http = False
    if not is_http:
        raise UsageError(f'"{public_url(url)}" is not an http or https address', code="invalid-url")
    address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
    headers = {"User-Agent": f"mmar/{__version__}", "Accept-Encoding": "identity"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - http or https
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    return request


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def public_url(url: str) -> str:
    """An address without user, password, query and fragment, to be shown and recorded."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return url.partition("?")[0]


def _resume(request: urllib.request.Request, part: Path, size: int | None, advance: Advance) -> bool:
    """Request the rest of a file; whether it is complete then."""
    done = _size(part)
    if size is not None and done == size:
        return True
    request.remove_header("Range")
    if done:
        request.add_header("Range", f"bytes={done}-")
    address = public_url(request.full_url)
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310 - http or https
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _RETRIED_STATUSES:
            raise
        if error.code == 416 and done:
            part.unlink()  # longer than the file, which has changed since
            return False
        raise _refused(address, error.code) from None
    with response:
        continues = response.status == 206
        if continues and not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            part.unlink()
            return False
        done = done if continues else 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        with part.open("ab" if continues else "wb", buffering=0) as file:
            while chunk := response.read1(_CHUNK):
                if not done and is_html(chunk):
                    raise ExternalError(
                        f"{address}: the host sends a web page instead of the file",
                        code="web-page",
                        hint="check the address; the host may want a login",
                    )
                file.write(chunk)
                done += len(chunk)
                advance(done, total or size)
                if size is not None and done > size:
                    break
    if size is not None and done > size:
        part.unlink()
        raise ExternalError(
            f"{address}: the host sends more than the {size:,} bytes of the file", code="wrong-size"
        )
    expected = total if size is None else size
    return expected is None or done == expected


def _failed(address: str, reason: str) -> ExternalError:
    return ExternalError(f"{address}: the download failed ({reason})", code="download-failed", hint=_CONTINUE)


def _refused(url: str, status: int) -> ExternalError:
    reasons = {
        401: ("asks for a login (401)", "set HF_TOKEN, or check the address"),
        403: (
            "refuses access (403)",
            "accept the data set's terms on its page and set HF_TOKEN, or use another network",
        ),
        404: ("does not have the file (404)", "a newer version of mmar may know where it is; see --from"),
        429: ("refuses further requests for now (429)", "wait some minutes and run the same command again"),
    }
    reason, hint = reasons.get(status, (f"answers with status {status}", _CONTINUE))
    return ExternalError(f"{public_url(url)}: the host {reason}", code="download-refused", hint=hint)


def _progress_bar(advance: Advance) -> type[Any]:
    """A `tqdm` class that reports to `advance` instead of drawing a bar."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.update(file=io.StringIO(), disable=False)
            options.pop("name", None)
            super().__init__(*arguments, **options)

        def display(self, *_: Any, **__: Any) -> bool:
            advance(int(self.n), int(self.total) if self.total else None)
            return True

    return Bar
