"""Checks of family L: language codes."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import msgspec
from msgspec import UNSET, UnsetType

from mmar.audit.check import Finding, check
from mmar.audit.subject import Subject, quoted

_SPOKEN = re.compile(r"(?<![a-z])speech(?![a-z])")


class Country(msgspec.Struct, frozen=True):
    """A country whose code is taken for a language's.

    Attributes:
        country: its English name.
        language: the code of the language that is meant.
    """

    country: str
    language: str


@cache
def languages() -> Mapping[str, str]:
    """The two-letter codes of ISO 639-1, each with the language's English name."""
    return MappingProxyType(_data()["languages"])


@cache
def countries() -> Mapping[str, Country]:
    """Country codes that people write where a language's code belongs."""
    return MappingProxyType(msgspec.convert(_data()["countries"], dict[str, Country]))


@cache
def _longer() -> Mapping[str, str]:
    """Codes of three letters (ISO 639-2, 639-3) that have one of two."""
    return MappingProxyType(_data()["longer"])


def _data() -> dict[str, dict[str, str]]:
    text = files("mmar.audit").joinpath("languages.toml").read_text("utf-8")
    return tomllib.loads(text)


def _codes(value: str) -> list[str]:
    return value.split("|")


@check("L001", "warning", "language codes that are not of ISO 639-1")
def unknown(subject: Subject) -> Iterator[Finding]:
    """A code in `language`, which may be a list joined by `|`, that is none of the two-letter codes.

    A longer code or tag with a two-letter equivalent (`eng`, `zh-CN`, `EN`) gets it proposed. A language that
    has no two-letter code (Cantonese, `yue`) is reported too: say so in the set's description.
    """
    for item in subject.items:
        for code in dict.fromkeys(_codes(item.language or "")):
            stripped = code.strip()
            if not stripped or stripped in languages() or stripped in countries():
                continue
            short = _shorter(stripped)
            means = f": {languages()[short]} is {quoted(short)}" if short else ""
            yield Finding(
                item.id,
                "language",
                f"{quoted(stripped)} is not a code of ISO 639-1{means}",
                stripped,
                (),
                item.language,
                _with(item.language, code, short),
            )


def _shorter(code: str) -> str | None:
    base = re.split(r"[-_]", code.casefold())[0]
    if base in languages():
        return base
    return _longer().get(base)


def _with(value: str | None, old: str, new: str | None) -> str | UnsetType:
    """A list of codes with one replaced, without saying a language twice."""
    if new is None or value is None:
        return UNSET
    return "|".join(dict.fromkeys(new if code == old else code for code in _codes(value)))


@check("L002", "warning", "country codes in place of a language's")
def country(subject: Subject) -> Iterator[Finding]:
    """A country's code where its language has another, such as `kr` for Korean, which is `ko`.

    Some of them are codes of other languages (`kr` is Kanuri, `cz` is not assigned), so a list of valid codes
    finds nothing wrong. A code that is a language's too is reported only if the language that the country
    suggests occurs in the set; then its code is proposed.
    """
    counts = Counter(code.strip() for item in subject.items for code in _codes(item.language or ""))
    for item in subject.items:
        for code in dict.fromkeys(_codes(item.language or "")):
            result = countries().get(code.strip())
            if result is None:
                continue
            own = languages().get(code.strip())
            usual = counts[result.language]
            if own is not None and usual <= counts[code.strip()]:
                continue  # the language itself may be meant
            also = f", and as a language {own}" if own else ""
            message = (
                f"{quoted(code.strip())} is {result.country}{also}; "
                f"{languages()[result.language]} is {quoted(result.language)}, as in {usual:,} other items"
            )
            right = _with(item.language, code, result.language)
            yield Finding(item.id, "language", message, code.strip(), (), item.language, right)


@check("L003", "warning", "items with speech and no language")
def missing(subject: Subject) -> Iterator[Finding]:
    """An item whose modality has speech in it and whose `language` is empty, where the set gives languages."""
    if not any(item.language for item in subject.items):
        return
    for item in subject.items:
        if not (item.language or "").strip() and _SPOKEN.search(item.modality.casefold()):
            yield Finding(
                item.id, "language", f"{item.modality}, no language", item.modality, (), item.language
            )


@check("L004", "warning", "lists of languages that are not well formed")
def lists(subject: Subject) -> Iterator[Finding]:
    """A list with an empty place, a code twice, white space, or another separator than `|`.

    The plain list is proposed.
    """
    for item in subject.items:
        value = item.language or ""
        parts = [part.strip() for part in re.split(r"[|,;/]|\s+", value)]
        right = "|".join(dict.fromkeys(part for part in parts if part))
        if right and value != right:
            yield Finding(item.id, "language", quoted(value), "", (), value, right)
