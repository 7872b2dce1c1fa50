"""Cartons and pallets on both engines: a stamp in one carton at most, all of an act or nothing."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations, count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from ledger import Ledger, LotRow, Organisation, open_ledger, schema
from ledger.cartons.carton_errors import (
    AlreadyPacked,
    AmbiguousCarton,
    CartonEmpty,
    CartonFull,
    CartonsElsewhere,
    CartonsNotOnPallet,
    StampsElsewhere,
    StampsNotActive,
    StampsNotInCarton,
    StampsOfAnother,
    UnknownCarton,
    WrongCartonKind,
)
from ledger.cartons.carton_rows import DescribedPacking, PackingOrder, RecordedPacking
from ledger.cartons.cartons import CartonFilter
from ledger.cartons.packing_plan import MOST_CARTONS, MOST_STAMPS
from ledger.errors import KeyReused
from ledger.record.epcis_events import EventFilter, NewEvent
from ledger.stamps.carton_contents import StampsPacked
from stamps.errors import VeritemError
from stamps.lifecycle import Transition
from stamps.stamp_ranges import StampRange, count_stamps, intersect_ranges, join_ranges
from tests.ledger.world import a_key, printed

LABEL = "389350000100000014"
_events = count(1)


def describe(packing: DescribedPacking) -> NewEvent:
    """An event of its own for each act; what it tells is tested in `tests/services`."""
    number = next(_events)
    key = f"x:{packing.order.label}"
    return NewEvent(
        f"{number:064x}", "AggregationEvent", packing.at, "packing", {}, {}, [("parent", key)]
    )


async def add_packers(ledger: Ledger, *ids: str) -> None:
    for id_ in ids:
        await ledger.organisations.add(Organisation(id_, "packer", id_, province=id_))


async def activated(ledger: Ledger, stamps: int = 100, lot: str = "L1", owner: str = "a") -> int:
    batch = await printed(ledger, stamps)
    await ledger.lots.save(LotRow(lot, {"lot": lot}, (), organisation=owner, packing_house="PH"))
    await ledger.transitions.apply(
        batch, 0, stamps, Transition.ACTIVATE, actor="packer", key=a_key(), lot=lot
    )
    return batch


async def move(
    ledger: Ledger,
    action: Any,
    label: str,
    *ranges: tuple[int, int, int],
    cartons: Sequence[str] = (),
    owner: str = "a",
    key: str | None = None,
) -> RecordedPacking:
    order = PackingOrder(
        action=action,
        organisation=owner,
        label=label,
        kind="pallet" if cartons else "carton" if ranges else None,
        stamps=join_ranges(StampRange(*one) for one in ranges),
        cartons=tuple(cartons),
    )
    return await ledger.cartons.carry_out(order, describe, actor="mai", key=key or a_key())


async def contents(ledger: Ledger, carton: str) -> list[tuple[int, int, int, str]]:
    return [
        (one.batch, one.lo, one.hi, one.lot) for one in await ledger.cartons.list_ranges(carton)
    ]


@pytest.fixture
async def batch(ledger: Ledger) -> int:
    await add_packers(ledger, "a", "b")
    return await activated(ledger)


async def test_stamps_go_into_a_carton_and_out_of_it(ledger: Ledger, batch: int) -> None:
    first = await move(ledger, "pack", LABEL, (batch, 0, 30), (batch, 40, 50))
    assert (first.stamps, first.carton) == (40, f"{LABEL}@a")
    await move(ledger, "pack", LABEL, (batch, 30, 40))
    assert await contents(ledger, f"{LABEL}@a") == [(batch, 0, 50, "L1")]
    await move(ledger, "unpack", LABEL, (batch, 10, 20))
    assert await contents(ledger, f"{LABEL}@a") == [(batch, 0, 10, "L1"), (batch, 20, 50, "L1")]
    carton = await ledger.cartons.get(LABEL, None, CartonFilter())
    assert (carton.stamps, carton.kind, carton.organisation) == (40, "carton", "a")
    assert (await move(ledger, "unpack", LABEL)).stamps == 40
    acts = await ledger.cartons.list_acts(carton.id, limit=9)
    assert [(one.action, one.stamps) for one in acts] == [
        *(("unpack", 40), ("unpack", 10), ("pack", 10), ("pack", 40)),
    ]
    assert acts[-1] == first
    audit = [one.action for one in await ledger.audit.list_after(0)]
    assert audit.count("carton.pack") == audit.count("carton.unpack") == 2


async def test_each_act_is_an_event_in_the_record_of_its_organisation(
    ledger: Ledger, batch: int
) -> None:
    act = await move(ledger, "pack", LABEL, (batch, 0, 30))
    [event] = await ledger.epcis_events.find_page(
        EventFilter(key=f"x:{LABEL}", parts=["parent"]), limit=9
    )
    assert (event.id, event.organisation, event.actor) == (act.event, "a", "mai")


async def test_a_stamp_is_in_one_carton_at_most(ledger: Ledger, batch: int) -> None:
    await move(ledger, "pack", LABEL, (batch, 0, 30))
    with pytest.raises(StampsElsewhere) as refused:
        await move(ledger, "pack", "T-2", (batch, 20, 60))
    assert (refused.value.ranges, refused.value.label) == (f"{batch}·20-29", LABEL)
    with pytest.raises(UnknownCarton):
        await ledger.cartons.get("T-2", None, CartonFilter())
    again = await move(ledger, "pack", LABEL, (batch, 20, 60))
    assert (again.stamps, again.skipped) == (30, 10)
    with pytest.raises(AlreadyPacked):
        await move(ledger, "pack", LABEL, (batch, 5, 6))


async def test_only_own_activated_stamps_are_packed(ledger: Ledger, batch: int) -> None:
    other = await activated(ledger, 10, "L9", owner="b")
    with pytest.raises(StampsOfAnother):
        await move(ledger, "pack", LABEL, (batch, 0, 5), (other, 0, 5))
    inactive = await printed(ledger, 10)
    with pytest.raises(StampsNotActive) as refused:
        await move(ledger, "pack", LABEL, (batch, 0, 5), (inactive, 3, 5))
    assert refused.value.ranges == f"{inactive}·3-4"
    await ledger.transitions.apply(
        batch, 3, 4, Transition.SUSPEND, actor="x", reason="counterfeit", key=a_key()
    )
    with pytest.raises(StampsNotActive):
        await move(ledger, "pack", LABEL, (batch, 0, 5))


async def test_a_packed_stamp_stays_bound_to_its_lot(ledger: Ledger, batch: int) -> None:
    await move(ledger, "pack", LABEL, (batch, 0, 30))
    with pytest.raises(StampsPacked) as refused:
        await ledger.transitions.apply(
            batch, 0, 100, Transition.DEACTIVATE, actor="packer", key=a_key()
        )
    assert (refused.value.range, refused.value.label) == (f"{batch}·0-29", LABEL)
    await ledger.transitions.apply(
        batch, 30, 100, Transition.DEACTIVATE, actor="packer", key=a_key()
    )


async def test_cartons_go_onto_a_pallet_and_off_it(ledger: Ledger, batch: int) -> None:
    await move(ledger, "pack", "T-1", (batch, 0, 30))
    await move(ledger, "pack", "T-2", (batch, 30, 50))
    act = await move(ledger, "pack", "P-1", cartons=["T-1", "T-2"])
    assert (act.stamps, act.cartons) == (50, ("T-1", "T-2"))
    assert await contents(ledger, "P-1@a") == [(batch, 0, 30, "L1"), (batch, 30, 50, "L1")]
    await move(ledger, "unpack", "T-1", (batch, 0, 10))
    pallet = await ledger.cartons.get_by_id("P-1@a")
    assert (pallet.stamps, pallet.cartons) == (40, 2)
    with pytest.raises(CartonsElsewhere) as refused:
        await move(ledger, "pack", "P-2", cartons=["T-2"])
    assert refused.value.label == "P-1"
    await move(ledger, "unpack", "P-1", cartons=["T-2"])
    with pytest.raises(CartonsNotOnPallet):
        await move(ledger, "unpack", "P-1", cartons=["T-2"])
    [inside] = await ledger.cartons.list_on_pallet("P-1@a")
    assert (inside.id, inside.pallet, inside.stamps) == ("T-1@a", "P-1@a", 20)
    history = [one.label for one in await ledger.cartons.list_acts("T-1@a", limit=9)]
    assert history == ["T-1", "P-1", "T-1"]


async def test_stamps_go_into_cartons_and_cartons_onto_pallets(ledger: Ledger, batch: int) -> None:
    await move(ledger, "pack", LABEL, (batch, 0, 30))
    await move(ledger, "pack", "P-1", cartons=[LABEL])
    for what in ({"cartons": ["P-1"]}, {"cartons": [LABEL]}):
        with pytest.raises(WrongCartonKind):
            await move(ledger, "pack", "P-2" if "P-1" in what["cartons"] else LABEL, **what)
    with pytest.raises(WrongCartonKind):
        await move(ledger, "pack", "P-1", (batch, 40, 50))
    await move(ledger, "unpack", LABEL)
    await move(ledger, "unpack", "P-1")
    with pytest.raises(CartonEmpty):
        await move(ledger, "pack", "P-1", cartons=[LABEL])
    with pytest.raises(CartonEmpty):
        await move(ledger, "unpack", LABEL)


async def test_what_is_not_there_is_not_unpacked(ledger: Ledger, batch: int) -> None:
    with pytest.raises(UnknownCarton):
        await move(ledger, "unpack", LABEL, (batch, 0, 5))
    await move(ledger, "pack", LABEL, (batch, 0, 30))
    with pytest.raises(StampsNotInCarton) as refused:
        await move(ledger, "unpack", LABEL, (batch, 20, 40))
    assert refused.value.ranges == f"{batch}·30-39"
    with pytest.raises(UnknownCarton):
        await move(ledger, "pack", "P-1", cartons=["T-9"])
    assert await contents(ledger, f"{LABEL}@a") == [(batch, 0, 30, "L1")]


async def test_a_label_is_of_each_organisation_that_uses_it(ledger: Ledger, batch: int) -> None:
    other = await activated(ledger, 10, "L9", owner="b")
    await move(ledger, "pack", LABEL, (batch, 0, 5))
    await move(ledger, "pack", LABEL, (other, 0, 7), owner="b")
    with pytest.raises(AmbiguousCarton) as refused:
        await ledger.cartons.get(LABEL, None, CartonFilter())
    assert refused.value.ids == f"{LABEL}@a, {LABEL}@b"
    assert (await ledger.cartons.get(LABEL, "b", CartonFilter())).stamps == 7
    assert (await ledger.cartons.get(LABEL, None, CartonFilter(organisation="a"))).stamps == 5
    assert (await ledger.cartons.get(LABEL, None, CartonFilter(province="b"))).stamps == 7
    with pytest.raises(UnknownCarton):
        await ledger.cartons.get(LABEL, "b", CartonFilter(organisation="a"))


async def test_the_same_key_is_the_same_act(ledger: Ledger, batch: int) -> None:
    first = await move(ledger, "pack", LABEL, (batch, 0, 5), key="k")
    again = await move(ledger, "pack", LABEL, (batch, 0, 5), key="k")
    assert again.repeated
    assert (again.seq, again.items) == (first.seq, first.items)
    with pytest.raises(KeyReused):
        await move(ledger, "pack", LABEL, (batch, 0, 6), key="k")


async def test_packers_at_the_same_time_pack_a_stamp_once(ledger: Ledger, batch: int) -> None:
    done = await asyncio.gather(
        *(move(ledger, "pack", f"T-{n}", (batch, n, n + 10)) for n in range(1, 9)),
        return_exceptions=True,
    )
    packed = [one for one in done if isinstance(one, RecordedPacking)]
    assert all(isinstance(one, RecordedPacking | StampsElsewhere) for one in done)
    assert len(packed) == 1
    assert sum(one.stamps for one in packed) == 10


async def test_a_carton_and_a_pallet_have_a_bound(ledger: Ledger) -> None:
    await add_packers(ledger, "a")
    batch = await activated(ledger, MOST_STAMPS + 1)
    with pytest.raises(CartonFull):
        await move(ledger, "pack", LABEL, (batch, 0, MOST_STAMPS + 1))
    await move(ledger, "pack", LABEL, (batch, 0, MOST_STAMPS))
    with pytest.raises(CartonFull):
        await move(ledger, "pack", LABEL, (batch, MOST_STAMPS, MOST_STAMPS + 1))
    assert MOST_CARTONS == 500


async def test_the_database_refuses_a_stamp_in_two_cartons_and_a_changed_history(
    ledger: Ledger, batch: int
) -> None:
    await move(ledger, "pack", LABEL, (batch, 0, 30))
    await move(ledger, "pack", "T-2", (batch, 40, 50))
    row = {"batch": batch, "carton": "T-2@a", "lot": "L1"}
    acts = schema.carton_acts
    for statement in (
        insert(schema.carton_contents).values(lo=29, hi=35, **row),
        insert(schema.carton_contents).values(lo=35, hi=41, **row),
        update(acts).values(stamps=1),
        update(schema.carton_items).values(hi=99),
    ):
        with pytest.raises((VeritemError, DBAPIError)):
            async with ledger._store.write() as connection:
                await connection.execute(statement)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["pack", "unpack"]),
        st.sampled_from(["T-1", "T-2", "T-3"]),
        st.integers(0, 1),
        st.integers(0, 30),
        st.integers(1, 12),
    ),
    max_size=14,
)


@given(moves=MOVES)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_cartons_hold_what_was_packed_less_what_was_unpacked(
    moves: list[Any], migrated_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{next(_events)}.db"
    shutil.copy(migrated_file, path)
    asyncio.run(check_balance(f"sqlite:///{path}", moves))


async def check_balance(url: str, moves: list[Any]) -> None:
    async with await open_ledger(url, otp_keys=lambda: [bytes(32)]) as ledger:
        await add_packers(ledger, "a")
        batches = [await activated(ledger, 40, lot) for lot in ("L1", "L2")]
        moved = {"pack": 0, "unpack": 0}
        for action, label, which, lo, size in moves:
            try:
                act = await move(ledger, action, label, (batches[which], lo, min(40, lo + size)))
            except VeritemError:
                continue
            moved[action] += sum(one.hi - one.lo for one in act.items)
        held = {}
        for label in ("T-1", "T-2", "T-3"):
            rows = await ledger.cartons.list_ranges(f"{label}@a")
            held[label] = join_ranges(one.range for one in rows)
            with suppress(UnknownCarton):
                assert (await ledger.cartons.get_by_id(f"{label}@a")).stamps == count_stamps(
                    held[label]
                )
        assert sum(map(count_stamps, held.values())) == moved["pack"] - moved["unpack"]
        for one, other in combinations(held.values(), 2):
            assert not intersect_ranges(one, other)


KILLED = """
import asyncio, os, signal, sys
from ledger import open_ledger
from ledger.cartons import packing
from tests.ledger.cartons.test_cartons import move

async def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def run():
    packing.{step} = die
    async with await open_ledger(sys.argv[1], otp_keys=lambda: [bytes(32)]) as ledger:
        await move(ledger, "pack", "T-1", (int(sys.argv[2]), 0, 30))

asyncio.run(run())
"""


@pytest.mark.parametrize("step", ["write_events", "write_act"])
def test_kill_9_leaves_all_of_an_act_or_nothing(sqlite_url: str, step: str) -> None:
    batch = asyncio.run(prepare(sqlite_url))
    program = KILLED.replace("{step}", step)
    killed = subprocess.run([sys.executable, "-c", program, sqlite_url, str(batch)], check=False)
    assert killed.returncode == -signal.SIGKILL
    asyncio.run(check_nothing_is_packed(sqlite_url, batch))


async def prepare(url: str) -> int:
    async with await open_ledger(url, otp_keys=lambda: [bytes(32)]) as ledger:
        await add_packers(ledger, "a")
        return await activated(ledger)


async def check_nothing_is_packed(url: str, batch: int) -> None:
    async with await open_ledger(url, otp_keys=lambda: [bytes(32)]) as ledger:
        with pytest.raises(UnknownCarton):
            await ledger.cartons.get_by_id("T-1@a")
        assert await contents(ledger, "T-1@a") == []
        assert (await move(ledger, "pack", "T-1", (batch, 0, 30))).stamps == 30
