"""Checks of family L: language codes."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import UNSET

from mmar.audit.check import Finding, check, of_item
from mmar.audit.subject import Subject, quoted
from mmar.items import Item

_SPOKEN = re.compile(r"(?<![a-z])speech(?![a-z])")


class Codes(msgspec.Struct, frozen=True):
    """Codes of languages.

    Attributes:
        languages: the two-letter codes of ISO 639-1, each with the language's English name.
        longer: codes of three letters (ISO 639-2, 639-3) that have one of two.
        countries: country codes that people write where a language's code belongs, each with the `country`'s English
            name and the code of the `language`.
    """

    languages: dict[str, str]
    longer: dict[str, str]
    countries: dict[str, dict[str, str]]


@cache
def codes() -> Codes:
    """The codes in `languages.toml`."""
    text = files("mmar.audit").joinpath("languages.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Codes)


def _parts(item: Item) -> list[str]:
    """The codes of an item's language, which may be a list joined by `|`, each once."""
    return list(dict.fromkeys((item.language or "").split("|")))


@check("L001", "warning", "language codes that are not of ISO 639-1")
def unknown_codes(subject: Subject) -> Iterator[Finding]:
    """A code in `language`, which may be a list joined by `|`, that is none of the two-letter codes.

    A longer code or tag with a two-letter equivalent (`eng`, `zh-CN`, `EN`) gets it proposed. A language that
    has no two-letter code (Cantonese, `yue`) is reported too: say so in the set's description.
    """
    languages = codes().languages
    for item in subject.items:
        for part in _parts(item):
            code = part.strip()
            if not code or code in languages or code in codes().countries:
                continue
            base = re.split(r"[-_]", code.casefold())[0]
            short = base if base in languages else codes().longer.get(base)
            means = f": {languages[short]} is {quoted(short)}" if short else ""
            message = f"{quoted(code)} is not a code of ISO 639-1{means}"
            proposed = _with(item, part, short) if short else UNSET
            yield of_item(item, "language", message, code, proposed=proposed)


def _with(item: Item, old: str, new: str) -> str:
    """An item's list of codes with one replaced, without saying a language twice."""
    return "|".join(dict.fromkeys(new if part == old else part for part in _parts(item)))


@check("L002", "warning", "country codes in place of a language's")
def country_codes(subject: Subject) -> Iterator[Finding]:
    """A country's code where its language has another, such as `kr` for Korean, which is `ko`.

    Some of them are codes of other languages (`kr` is Kanuri, `cz` is not assigned), so a list of valid codes
    finds nothing wrong. A code that is a language's too is reported only if the language that the country
    suggests occurs in the set; then its code is proposed.
    """
    languages = codes().languages
    counts = Counter(part.strip() for item in subject.items for part in (item.language or "").split("|"))
    for item in subject.items:
        for part in _parts(item):
            code = part.strip()
            country = codes().countries.get(code)
            if country is None:
                continue
            language = country["language"]
            own, usual = languages.get(code), counts[language]
            if own is not None and usual <= counts[code]:
                continue  # the language itself may be meant
            also = f", and as a language {own}" if own else ""
            message = (
                f"{quoted(code)} is {country['country']}{also}; "
                f"{languages[language]} is {quoted(language)}, as in {usual:,} other items"
            )
            yield of_item(item, "language", message, code, proposed=_with(item, part, language))


@check("L003", "warning", "items with speech and no language")
def missing_language(subject: Subject) -> Iterator[Finding]:
    """An item whose modality has speech in it and whose `language` is empty, where the set gives languages."""
    if not any(item.language for item in subject.items):
        return
    for item in subject.items:
        if not (item.language or "").strip() and _SPOKEN.search(item.modality.casefold()):
            yield of_item(item, "language", f"{item.modality}, no language", item.modality)


@check("L004", "warning", "lists of languages that are not well formed")
def malformed_list(subject: Subject) -> Iterator[Finding]:
    """A list with an empty place, a code twice, white space, or another separator than `|`.

    The plain list is proposed.
    """
    for item in subject.items:
        value = item.language or ""
        parts = [part.strip() for part in re.split(r"[|,;/]|\s+", value)]
        right = "|".join(dict.fromkeys(part for part in parts if part))
        if right and value != right:
            yield of_item(item, "language", quoted(value), proposed=right)
