"""One name, one account: case, blanks, Unicode forms, letters of other alphabets."""

import sqlite3
from pathlib import Path

import pytest

from ledger import open_ledger
from ledger.account_names import check_account_name, find_collisions, is_same_account
from ledger.errors import AccountNamesCollide

BASELINE = Path(__file__).parent


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


async def test_a_ledger_with_two_spellings_of_a_name_is_not_migrated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.migrate()
    with sqlite3.connect(path) as raw:
        # As version 0001 left it, with what only a hand in the database could write.
        raw.execute("DROP INDEX uq_staff_normal_name")
        raw.execute("DROP TABLE proposals")
        for column in ("added_by", "confirmed_by"):
            raw.execute(f"ALTER TABLE staff DROP COLUMN {column}")
        raw.execute("ALTER TABLE staff_tokens DROP COLUMN kind")
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
        for name in ("lan", "Lan", "minh"):
            raw.execute(
                "INSERT INTO staff VALUES (?, 'x', 'packer', NULL, 'x', NULL, false, 0)", [name]
            )
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        with pytest.raises(AccountNamesCollide, match="'Lan' and 'lan'"):
            await ledger.migrate()
        with sqlite3.connect(path) as raw:
            raw.execute("DELETE FROM staff WHERE id = 'Lan'")
        await ledger.migrate()
        assert [staff.is_confirmed for staff in await ledger.staff.list() or []] == []
