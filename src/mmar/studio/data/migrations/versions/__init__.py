"""Migrations, one per module, in the order of their names. Released migrations are never changed."""
