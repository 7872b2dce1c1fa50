"""PostgreSQL's own programs (`pg_dump`, `pg_restore`), run on the database of a ledger."""

import os
import subprocess

from sqlalchemy import URL

from ledger.storage.storage_errors import StorageDown, StorageFailed


def run_program(program: str, url: URL | None, *arguments: str) -> str:
    """Run a program on the database at `url`, and return what it printed.

    Raises `StorageDown`, `StorageFailed`.
    """
    # The password is in the environment: arguments are visible to every user of the machine.
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
    command = [program, *arguments]
    if url is not None:
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        address = url.set(drivername="postgresql", password=None).render_as_string()
        command[1:1] = [f"--dbname={address}", "--no-password"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StorageFailed(
            detail=f"{program} is not installed: apt-get install postgresql-client"
        ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        kind = StorageDown if "connection to server" in done.stderr else StorageFailed
        raise kind(detail=f"{program}: {said}")
    return done.stdout


def format_libpq(url: URL) -> str:
    """Return the address that libpq and psycopg read."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
