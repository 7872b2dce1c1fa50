"""Fixtures: a fresh ledger on each engine."""

from tests.ledger.conftest import (
    clock,
    ledger,
    migrated_file,
    migrated_postgres,
    postgres_url,
    shared_database,
    sqlite_url,
    url,
)

__all__ = [
    "clock",
    "ledger",
    "migrated_file",
    "migrated_postgres",
    "postgres_url",
    "shared_database",
    "sqlite_url",
    "url",
]
