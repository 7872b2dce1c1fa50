"""The database roles of ops/postgres/roles.sql, with a login `ROLE_1` in each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from ledger import Ledger, open_ledger

ROLES = ("resolver", "recorder", "claims", "issuer", "desk", "notices", "auditor")
_SQL = Path(__file__).parents[1] / "ops" / "postgres" / "roles.sql"


def make_roles(url: str) -> None:
    """Run roles.sql in a migrated database and make the logins."""
    with psycopg.connect(url, autocommit=True) as owner:
        for _ in range(2):  # running it again after a migration is harmless
            owner.execute(_SQL.read_bytes())
        for role in ROLES:
            there = owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [f"{role}_1"])
            if not there.rowcount:
                owner.execute(f"CREATE ROLE {role}_1 LOGIN IN ROLE veritem_{role}".encode())


def login(url: str, role: str) -> str:
    """The URL of a database for the login of a role."""
    return make_url(url).set(username=f"{role}_1").render_as_string()


@asynccontextmanager
async def open_as(url: str, role: str | None = None) -> AsyncIterator[Ledger]:
    """Open a ledger with the login of a role; None is the owner."""
    async with await open_ledger(
        login(url, role) if role else url, otp_keys=lambda: [bytes(32)]
    ) as ledger:
        yield ledger
