"""Passwords, tokens, sessions, rates, headers. Nothing here knows what an item is."""
