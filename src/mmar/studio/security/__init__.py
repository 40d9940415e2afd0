"""Passwords, tokens, sessions, login limits, headers and request limits."""
