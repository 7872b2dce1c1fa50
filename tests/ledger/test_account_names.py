"""One name, one account: case, blanks, Unicode forms, letters of other alphabets."""

import sqlite3
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from ledger import open_ledger
from ledger.account_names import check_account_name, find_collisions, is_same_account
from ledger.migrations import open_scripts
from ledger.storage.storage_errors import AccountNamesCollide
from ledger.storage.store import Store


@pytest.mark.parametrize("spelling", ["Lan", " lan\u00a0", "l an", "ＬＡＮ", "la\u200bn", "lan\n"])
def test_spellings_of_a_name_are_one_account(spelling: str) -> None:
    assert is_same_account(spelling, "lan")
    assert check_account_name(spelling) == "lan"
    assert find_collisions(["lan", spelling, "minh"]) == [tuple(sorted(("lan", spelling)))]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lаn", "CYRILLIC SMALL LETTER A"),
        ("lαn", "GREEK SMALL LETTER ALPHA"),
        ("lân", "a-z 0-9"),
        ("-lan", "begins"),
        ("", "1 to 40"),
        ("l" * 41, "1 to 40"),
    ],
)
def test_a_name_that_could_be_taken_for_another_is_refused(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_account_name(name)


def make_first_version(connection: Connection) -> None:
    """Make the tables of an installation that is older than accounts on the command line."""
    scripts, context = open_scripts(), MigrationContext.configure(connection)
    with Operations.context(context):
        scripts.get_revision("0001").module.upgrade()
        context.stamp(scripts, "0001")


async def test_a_ledger_with_two_spellings_of_a_name_is_not_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = Store(f"sqlite:///{path}")
    async with store.begin_write() as connection:
        await connection.run_sync(make_first_version)
    await store.close()
    with sqlite3.connect(path) as raw:
        for name in ("lan", "Lan", "minh"):  # what only a hand in the database could write
            raw.execute(
                "INSERT INTO staff VALUES (?, 'x', 'packer', NULL, 'x', NULL, false, 0)", [name]
            )
            raw.execute("INSERT INTO staff_sign_in VALUES (?, 0, 0)", [name])
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        with pytest.raises(AccountNamesCollide, match="'Lan' and 'lan'"):
            await ledger.migrate()
        with sqlite3.connect(path) as raw:
            raw.execute("DELETE FROM staff_sign_in WHERE staff = 'Lan'")
            raw.execute("DELETE FROM staff WHERE id = 'Lan'")
        await ledger.migrate()
        kept = await ledger.staff.list()
        assert [(one.id, one.is_confirmed) for one in kept] == [("lan", True), ("minh", True)]
        assert not await ledger.staff.is_founded()
