"""Credentials: looked up where the caller says, and kept out of everything that is written or shown.

A credential comes from the environment that `ModelOptions` hands in, or from a file; never from an option's
value, which would stand in manifests and in the shell's history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from mmar.errors import UsageError
from mmar.models.model import ModelOptions

__all__ = ["KEY_OPTIONS", "Credential", "find_credential", "secrets_of"]

KEY_OPTIONS = ("api_key_file", "api_key_env")
"""The options by which an adapter is told where its key is; neither holds the key itself."""

# Placeholders such as "EMPTY" or "none" are words that an answer may hold; no service issues keys this short.
_SHORTEST_SECRET = 12
_HIDDEN = "[credential]"


class Credential:
    """A secret that does not show itself: not in `repr`, not in `str`, not in a pickle.

    Args:
        secret: the key itself.
        source: where it came from, for messages.
    """

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
        for form in {self._secret, quote(self._secret, safe="")}:
            if form in text:
                text = text.replace(form, _HIDDEN)
        return text

    def __repr__(self) -> str:
        return f"Credential(from {self.source})"

    def __reduce__(self) -> str:
        raise TypeError("a credential is not written anywhere")


def find_credential(options: ModelOptions, names: Sequence[str]) -> Credential | None:
    """Find a key: in the file or the variable that an option names, else in the usual variables.

    Args:
        options: the environment handed in, and `api_key_file` or `api_key_env` among the further options.
        names: of environment variables, the first that is set counts.

    Raises:
        UsageError: what an option names holds no key, or the key cannot stand in a header.
    """
    file = options.extra.get("api_key_file")
    if file is not None:
        try:
            secret = Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise UsageError(f"the key file {file} cannot be read ({why})") from None
        return _checked(secret, f"the file {file}")
    variable = options.extra.get("api_key_env")
    if variable is not None:
        if not variable.isidentifier():
            # Not shown: it may be the key itself, pasted in the wrong place.
            raise UsageError("option api_key_env: expected the name of an environment variable")
        return _checked(options.environment.get(variable, "").strip(), f"the environment variable {variable}")
    for name in names:
        secret = options.environment.get(name, "").strip()
        if secret:
            return _checked(secret, f"the environment variable {name}")
    return None


def secrets_of(environment: Mapping[str, str]) -> tuple[Credential, ...]:
    """What an environment holds that looks like a secret by its name, to be kept out of a program's words."""
    return tuple(
        Credential(value, f"the environment variable {name}")
        for name, value in environment.items()
        if any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD"))
    )


def _checked(secret: str, source: str) -> Credential:
    if not secret:
        raise UsageError(f"{source} holds no key")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        # What was found is not shown: it may be the key with something pasted beside it.
        raise UsageError(f"{source} must hold the key alone: one line of printable ASCII without spaces")
    return Credential(secret, source)
