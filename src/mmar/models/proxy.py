"""Which proxy a server is reached through, by the variables that every network tool knows.

`https_proxy`, `http_proxy` and `all_proxy` name it, `no_proxy` lists hosts that are reached directly (with
all that end in them; `*` for every host); each in small or capital letters. Loopback is never proxied.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

__all__ = ["proxy_for"]


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """The proxy's URL, or `None` to connect directly.

    Args:
        url: of the server.
        environment: where the variables are looked up.

    >>> proxy_for("https://api.example/v1", {"HTTPS_PROXY": "http://proxy.example:3128"})
    'http://proxy.example:3128'
    >>> proxy_for("http://gpu.lab.example/v1", {"http_proxy": "http://p:1", "no_proxy": "lab.example"})
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    direct = _given("no_proxy", environment).replace(",", " ").split()
    if _loopback(host) or any(_matches(host, pattern) for pattern in direct):
        return None
    found = _given(f"{parts.scheme}_proxy", environment) or _given("all_proxy", environment)
    if found and "://" not in found:
        found = f"http://{found}"
    # Only these are spoken; a SOCKS proxy is not.
    return found if found.startswith(("http://", "https://")) else None


def _given(name: str, environment: Mapping[str, str]) -> str:
    return (environment.get(name) or environment.get(name.upper()) or "").strip()


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.lstrip("*").lstrip(".").casefold()
    return not pattern or host == pattern or host.endswith(f".{pattern}")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
