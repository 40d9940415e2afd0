"""Backups of a data folder, restoring them, and copies of a PostgreSQL database."""
