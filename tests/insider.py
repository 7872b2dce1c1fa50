"""An insider who owns the database: raw SQL, no triggers, and both chains sealed again."""

# ruff: noqa: S608 - the insider writes SQL by hand

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
from sqlalchemy import Boolean, Table

from ledger.chains.chained_rows import AUDIT_FIELDS, TRANSITION_FIELDS, digest_row, list_hashed
from ledger.chains.hash_chain import genesis_hash, hash_row, to_canonical_json

FIELDS = {"transitions": TRANSITION_FIELDS, "audit": AUDIT_FIELDS}
Sql = Callable[[str], list[tuple[object, ...]]]


class Insider:
    """The rights of a database's owner, without any guard of history."""

    def __init__(self, sql: Sql) -> None:
        self.sql = sql

    def redigest(self, table: Table, key: str) -> None:
        """Replace the digest that the audit log has of a row by that of the row as it is now."""
        names = table.columns.keys()
        column = table.primary_key.columns[0].name
        (row,) = self.sql(f"SELECT {', '.join(names)} FROM {table.name} WHERE {column} = '{key}'")
        cells = [
            bool(cell) if isinstance(table.c[name].type, Boolean) and cell is not None else cell
            for name, cell in zip(names, row, strict=True)
        ]
        details = to_canonical_json({"sha256": digest_row(dict(zip(names, cells, strict=True)))})
        self.sql(f"UPDATE audit SET details = '{details}' WHERE subject = '{table.name}:{key}'")

    def reseal(self) -> None:
        """Number both chains without gaps, and compute every hash and both heads again."""
        for chain, fields in FIELDS.items():
            seq, row_hash = 0, genesis_hash(chain)
            rows = self.sql(f"SELECT seq, {', '.join(fields)} FROM {chain} ORDER BY seq")
            for old, *cells in rows:
                seq += 1
                row = dict(zip(fields, cells, strict=True))
                row_hash = hash_row(row_hash, [seq, *list_hashed(fields, row)])
                self.sql(f"UPDATE {chain} SET seq = {seq}, hash = '{row_hash}' WHERE seq = {old}")
            self.sql(f"DELETE FROM chain_heads WHERE name = '{chain}'")
            if seq:
                self.sql(f"INSERT INTO chain_heads VALUES ('{chain}', {seq}, '{row_hash}')")


@contextmanager
def open_insider(url: str) -> Iterator[Insider]:
    """Open the database at `url` as its owner; what triggers guarded is open from now on."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
            triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (trigger,) in triggers.fetchall():
                raw.execute(f"DROP TRIGGER {trigger}")
            yield Insider(lambda sql: raw.execute(sql).fetchall())
    else:
        with psycopg.connect(url, autocommit=True) as raw_pg:
            raw_pg.execute("SET session_replication_role = replica")  # no triggers, no foreign keys

            def run(sql: str) -> list[tuple[object, ...]]:
                cursor = raw_pg.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []

            yield Insider(run)
