"""What is in cartons follows from the acts of packing: a row beside them is named."""

from sqlalchemy import delete, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import Ledger, schema
from tests.ledger.cartons.test_cartons import LABEL, activated, add_packers, move

CONTENTS, CARTONS = schema.carton_contents, schema.cartons


async def pack(ledger: Ledger) -> int:
    """Two cartons, one of them repacked and on a pallet, and one that is empty again."""
    await add_packers(ledger, "a")
    batch = await activated(ledger)
    await move(ledger, "pack", LABEL, (batch, 0, 30), (batch, 40, 50))
    await move(ledger, "unpack", LABEL, (batch, 10, 20))
    await move(ledger, "pack", "T-2", (batch, 10, 15))
    await move(ledger, "pack", "P-1", cartons=[LABEL, "T-2"])
    await move(ledger, "unpack", "P-1", cartons=["T-2"])
    await move(ledger, "pack", "T-3", (batch, 60, 70))
    await move(ledger, "unpack", "T-3")
    return batch


async def find_problems(ledger: Ledger) -> list[str]:
    return [str(one) for one in (await ledger.audit.verify()).problems]


async def test_cartons_that_were_packed_and_repacked_are_in_order(ledger: Ledger) -> None:
    await pack(ledger)
    assert await find_problems(ledger) == []


async def test_contents_that_changed_without_an_act_are_named(ledger: Ledger) -> None:
    batch = await pack(ledger)
    async with ledger._store.append() as connection:
        for change in (
            update(CONTENTS).where(CONTENTS.c.lo == 20).values(hi=35),
            delete(CONTENTS).where(CONTENTS.c.carton == "T-2@a"),
            insert(CONTENTS).values(batch=batch, lo=80, hi=90, carton="T-3@a", lot="L1"),
            update(CARTONS).where(CARTONS.c.id == "T-2@a").values(pallet="P-1@a"),
        ):
            await connection.execute(change)
    said = await find_problems(ledger)
    not_due, gone = "does not follow from the acts of packing", "was removed: the acts of packing"
    for due in (
        f"carton_contents {LABEL}@a: {not_due}: {batch}·20-34 of L1",
        f"carton_contents {LABEL}@a: {gone} put it there: {batch}·20-29 of L1",
        f"carton_contents T-2@a: {gone} put it there: {batch}·10-14 of L1",
        f"carton_contents T-3@a: {not_due}: {batch}·80-89 of L1",
        "cartons T-2@a: is not on the pallet that the acts of packing say: none",
    ):
        assert any(due in one for one in said), (due, said)


async def test_an_edited_act_and_a_removed_one_are_named(ledger: Ledger) -> None:
    await pack(ledger)
    async with ledger._store.append() as connection:
        await _drop_guards(connection)
        await connection.execute(text("UPDATE carton_items SET hi = hi + 1 WHERE act = 3"))
        await connection.execute(text("DELETE FROM carton_items WHERE act = 6"))
        await connection.execute(text("DELETE FROM carton_acts WHERE seq = 6"))
    problems = await find_problems(ledger)
    assert "carton_acts 3: is not as the audit log recorded it" in problems
    assert "carton_acts 6: was removed" in problems


async def _drop_guards(connection: AsyncConnection) -> None:
    """Let the database's owner edit the acts."""
    if connection.dialect.name != "sqlite":  # until the end of the transaction alone
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for table in ("carton_items", "carton_acts"):
        for verb in ("update", "delete"):
            await connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
