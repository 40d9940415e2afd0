"""Credentials: looked up where the caller says, and kept out of everything that is written or shown.

A credential comes from the environment that `ModelOptions` hands in, or from a file; never from an option's
value, which would stand in manifests and in the shell's history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from mmar.errors import UsageError
from mmar.models.answer import Answer
from mmar.models.model import ModelOptions

KEY_NAMES = {
    "openai": ("MMAR_API_KEY", "OPENAI_API_KEY"),
    "gemini": ("MMAR_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
"""Environment variables that may hold a service's key by adapter; the first that is set counts."""

KEY_OPTIONS = ("api_key_file", "api_key_env")
"""The options by which an adapter is told where its key is; neither holds the key itself."""

# Placeholders such as "EMPTY" or "none" are words that an answer may hold; no service issues keys this short.
_SHORTEST_SECRET = 12
_HIDDEN = "[credential]"
# Fields that hold credentials, by their names without separators ("max_tokens" is none of them) ...
_SECRET_NAME = re.compile(
    r"(?:api|access|auth|private|subscription)key|secret|passw|authoriz|credential|bearer|token$"
)
# ... and values that look like one: an issuer's prefix and a long random part, or a header's value.
_SECRET_VALUE = re.compile(
    r"\b(?:sk|pk|rk|hf|gsk|xai|nvapi|ghp|key|AIza)[-_]?[A-Za-z0-9_-]{16,}|^(?:Bearer|Basic)\s|^eyJ[A-Za-z0-9_-]{20,}\."
)


class Credential:
    """A secret and where it came from. It does not show itself: not in `repr`, not in `str`, not in a pickle."""

    __slots__ = ("_secret", "source")

    def __init__(self, secret: str, source: str) -> None:
        self._secret = secret
        self.source = source

    def reveal(self) -> str:
        """The key itself, for a request's header and nothing else."""
        return self._secret

    def scrub(self, text: str) -> str:
        """The text without the key, as it is and as it stands in a URL."""
        if len(self._secret) < _SHORTEST_SECRET:
            return text
        for form in (self._secret, quote(self._secret, safe="")):
            text = text.replace(form, _HIDDEN)
        return text

    def __repr__(self) -> str:
        return f"Credential(from {self.source})"

    def __reduce__(self) -> str:
        raise TypeError("a credential is not written anywhere")


def find_credential(options: ModelOptions, names: Sequence[str]) -> Credential | None:
    """Find a key: in the file or the variable that an option names, else in the first of `names` that is set.

    Raises:
        UsageError: what an option names holds no key, or the key cannot stand in a header.
    """
    file = options.extra.get("api_key_file")
    if file is not None:
        try:
            secret = Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            message = f"the key file {file} cannot be read ({why})"
            raise UsageError(message, code="missing-key", argument="options") from None
        return _check_key(secret, f"the file {file}")
    variable = options.extra.get("api_key_env")
    if variable is not None:
        if not variable.isidentifier():
            # Not shown: it may be the key itself, pasted in the wrong place.
            message = "api_key_env: expected the name of an environment variable"
            raise UsageError(message, code="invalid-option", argument="options")
        names = (variable,)
    for name in names:
        secret = options.environment.get(name, "").strip()
        if secret or variable:
            return _check_key(secret, f"the environment variable {name}")
    return None


def scrub(text: str, secrets: Iterable[Credential]) -> str:
    """The text without the secrets."""
    for secret in secrets:
        text = secret.scrub(text)
    return text


def scrub_answer(answer: Answer, secrets: Sequence[Credential]) -> Answer:
    """The answer without the secrets, should a service or a program have echoed one."""
    return msgspec.structs.replace(
        answer,
        text=scrub(answer.text, secrets),
        thinking=scrub(answer.thinking, secrets),
        finish_reason=answer.finish_reason and scrub(answer.finish_reason, secrets),
        model=answer.model and scrub(answer.model, secrets),
    )


def environment_secrets(environment: Mapping[str, str]) -> tuple[Credential, ...]:
    """The values of variables whose names look like those of secrets, to be kept out of a program's output."""
    return tuple(
        Credential(value, f"the environment variable {name}")
        for name, value in environment.items()
        if any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD"))
    )


def redact_options(options: Mapping[str, str]) -> dict[str, str]:
    """An adapter's options as they may be written down: values that look like credentials are replaced.

    A value that is JSON (such as `body`) is searched at every depth.
    """
    return {name: _redact_option(name, value, set()) for name, value in options.items()}


def redact_text(text: str) -> str:
    """A text for a message; replaced where it looks like a credential."""
    return _redact_option("", text, set())


def embedded_secrets(options: Mapping[str, str]) -> tuple[Credential, ...]:
    """The values in an adapter's options that look like credentials, to be kept out of messages and answers."""
    secrets: set[str] = set()
    for name, value in options.items():
        _redact_option(name, value, secrets)
    return tuple(Credential(secret, "an option") for secret in sorted(secrets))


def _redact_option(name: str, value: str, secrets: set[str]) -> str:
    """The value without what looks like a credential, which is added to `secrets`."""
    try:
        decoded = msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict | list):
        return str(_redact(value, name, secrets))
    redacted = _redact(decoded, "", secrets)
    return value if redacted == decoded else msgspec.json.encode(redacted).decode()


def _redact(value: Any, name: str, secrets: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _redact(each, str(key), secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_redact(each, name, secrets) for each in value]
    plain_name = re.sub(r"[^a-z]", "", name.casefold())
    if isinstance(value, str) and value and (_SECRET_NAME.search(plain_name) or _SECRET_VALUE.search(value)):
        secrets.add(value)
        return _HIDDEN
    return value


def _check_key(secret: str, source: str) -> Credential:
    if not secret:
        raise UsageError(f"{source} holds no key", code="missing-key")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        # What it holds is not shown: it may be the key with something pasted beside it.
        message = f"{source} must hold the key alone: one line of printable ASCII without spaces"
        raise UsageError(message, code="bad-key")
    return Credential(secret, source)
