"""Trial of PostgreSQL's point-in-time recovery: `python -m tests.ledger.point_in_time`.

By hand, since it takes half a minute: WAL archiving, `pg_basebackup`, scans and a recall after it,
then a mistake (`DROP TABLE scans`), `kill -9`, and recovery to the moment before the mistake.
Checks that the recall and every scan are there, and that history is intact. docs/backups.md has the
steps for operators.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from ledger import open_ledger
from ledger.backups.restores import renew_generation
from stamps.lifecycle import State, Transition
from tests.ledger.scans.test_scans import numbered
from tests.ledger.world import activated, allow_recall
from tests.servers import PostgresServer

SCANS = 20_000


def configure_archive(server: PostgresServer, archive: Path) -> None:
    """Archive each WAL segment as docs/backups.md says."""
    archive.mkdir()
    shutil.chown(archive, "postgres" if os.getuid() == 0 else None, -1)
    lines = {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f",
        "archive_timeout": "60",
    }
    with (server.directory / "data/postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in lines.items())


async def write_before(url: str) -> int:
    """Write what must survive; return the batch."""
    async with await open_ledger(url) as ledger:
        batch = await activated(ledger)
        await ledger.scans.append([numbered(n) for n in range(SCANS)])
        key = await allow_recall(ledger, ranges=((batch, 0, 1),))
        await ledger.transitions.apply(
            batch, 0, 1, Transition.RECALL, actor="a", key=key, reason="food-safety"
        )
        return batch


async def check_recovered(url: str, batch: int) -> None:
    """Check that the ledger is as it was at the moment."""
    async with await open_ledger(url) as ledger:
        report = await ledger.audit.verify()
        assert report.ok, report.problems
        assert await ledger.scans.count() == SCANS
        assert (await ledger.transitions.get_span(batch, 0)).state is State.RECALLED


def run(server: PostgresServer, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL as its user."""
    user = "postgres" if os.getuid() == 0 else None
    command = [str(server.bin / program), *arguments]
    subprocess.run(command, check=True, cwd=server.directory, user=user)


def main() -> int:
    """Run the trial and print the seconds that each step took."""
    server = PostgresServer(fsync="on")
    archive, base = server.directory / "archive", server.directory / "base"
    configure_archive(server, archive)
    with server:
        url = server.database()

        async def migrate() -> None:
            async with await open_ledger(url) as ledger:
                await ledger.migrate()

        asyncio.run(migrate())
        began = time.monotonic()
        server_url = server.url("postgres")
        run(
            server,
            "pg_basebackup",
            f"--dbname={server_url}",
            f"--pgdata={base}",
            "--checkpoint=fast",
        )
        sys.stdout.write(f"base backup: {time.monotonic() - began:.1f} s" + "\n")
        batch = asyncio.run(write_before(url))
        time.sleep(1)
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT now()::text").fetchone()
            moment = row[0] if row else ""
            time.sleep(1)
            connection.execute("DROP TABLE scans CASCADE")
            connection.execute("SELECT pg_switch_wal()")
        server.kill()
        # What was not archived yet is in the old data directory: it is copied first.
        began = time.monotonic()
        for segment in (server.directory / "data/pg_wal").glob("0" * 8 + "*"):
            if segment.is_file() and not (archive / segment.name).exists():
                shutil.copy2(segment, archive)
        with (base / "postgresql.conf").open("a") as conf:
            conf.write(f"restore_command = 'cp {archive}/%f %p'\n")
            conf.write(f"recovery_target_time = '{moment}'\n")
            conf.write("recovery_target_action = 'promote'\narchive_mode = 'off'\n")
        (base / "recovery.signal").touch()
        shutil.rmtree(server.directory / "data")
        base.rename(server.directory / "data")
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "postgres", server.directory], check=True)
        server.start()
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                time.sleep(0.1)
        generation = asyncio.run(renew_generation(url, f"recovered to {moment}"))
        sys.stdout.write(f"recovery to {moment}: {time.monotonic() - began:.1f} s" + "\n")
        sys.stdout.write(f"generation {generation.number}" + "\n")
        began = time.monotonic()
        asyncio.run(check_recovered(url, batch))
        sys.stdout.write(
            f"audit verify, {SCANS} scans, the recall: {time.monotonic() - began:.1f} s" + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
