"""The cost of passwords."""

from __future__ import annotations

import pytest

argon2 = pytest.importorskip("argon2", reason="the studio's extra is not installed")

from mmar.studio.security.passwords import Passwords  # noqa: E402


def test_the_first_login_of_nobody_takes_no_longer_where_a_server_has_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    computed = argon2.PasswordHasher.hash
    monkeypatch.setattr(
        argon2.PasswordHasher, "hash", lambda self, text: made.append(text) or computed(self, text)
    )
    passwords = Passwords()
    assert made == [], "a command that checks no password does not wait for one"
    passwords.prepare()
    assert len(made) == 1
    assert not passwords.verify(None, "four quiet words here")
    assert len(made) == 1
