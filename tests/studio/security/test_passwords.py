"""The time that verifying a password takes."""

from __future__ import annotations

import pytest

argon2 = pytest.importorskip("argon2", reason="the studio's extra is not installed")

from mmar.studio.security.passwords import Passwords  # noqa: E402


def test_a_server_makes_the_hash_for_unknown_logins_before_the_first_login(
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
