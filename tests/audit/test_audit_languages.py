"""The list of language codes."""

from __future__ import annotations

import re

from mmar.audit.checks.languages import codes


def test_the_list_is_iso_639_1() -> None:
    # 184 codes were ever given; `sh` was withdrawn in 2000, which leaves 183.
    languages = codes().languages
    assert len(languages) == 183
    assert all(re.fullmatch("[a-z]{2}", code) and name for code, name in languages.items())
    assert languages["ko"] == "Korean"
    assert languages["kr"] == "Kanuri"
    assert not {"sh", "cz", "jp", "cn", "iw", "in"} & set(languages)
    assert list(languages) == sorted(languages)


def test_a_country_code_is_never_its_own_languages() -> None:
    for code, country in codes().countries.items():
        assert country["language"] in codes().languages
        assert country["language"] != code
