"""The watch over registered codes, on both engines: activity, withdrawn codes, lent codes."""

import asyncio
import signal
import sys
from dataclasses import replace
from typing import Any

from detection.code_rules import CodeRules
from detection.place import Place
from ledger import (
    Alert,
    AlertState,
    Ledger,
    LotChange,
    LotRow,
    Organisation,
    ProductRow,
    RegisteredCode,
)
from ledger.code_watch.code_watch import CodeActivity
from ledger.lots.lot_changes import LOT_CHANGE, carry_out_lot_change
from stamps.lifecycle import Transition
from tests.insider import open_insider
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_key, printed

AREA, HOUSE = "VN-ĐLOR-0123", "VN-ĐLPH-0012"
HOUR, DAY = 3_600_000, 86_400_000
RULES = CodeRules()


def locate(code: RegisteredCode) -> Place | None:
    return None if code.lat is None or code.lon is None else Place(code.lat, code.lon, 0.0)


async def register(ledger: Ledger, code: str = AREA, **more: Any) -> None:
    """A growing area of a hectare: 20 t of 2.5 kg, 8,000 fruits a season."""
    if "ri6" not in {one.id for one in await ledger.products.list()}:
        await ledger.products.add(ProductRow("ri6", {"vi": "Ri6"}, fruit_kg=2.5))
    kind = "packing_house" if "PH" in code else "growing_area"
    wanted = RegisteredCode(
        **{
            "code": code, "kind": kind, "name": code, "products": ("ri6",), "hectares": 1.0,
            "yield_t_per_ha": 20.0, "lat": 12.6, "lon": 108.0, **more,
        }
    )  # fmt: skip
    await ledger.registered_codes.change([code], lambda _: [wanted], action="add", actor="an")


async def set_status(ledger: Ledger, status: str, code: str = AREA) -> None:
    def plan(before: Any) -> list[RegisteredCode]:
        reason = None if status == "active" else "hết hạn"
        return [replace(before[code], status=status, status_reason=reason)]

    await ledger.registered_codes.change([code], plan, action="change", actor="an")


def describe_lot(code: str, area: str | None = AREA, house: str | None = HOUSE) -> LotRow:
    named = {"growing_area": area, "packing_house": house}
    document = {key: {"code": value} for key, value in named.items() if value}
    return LotRow(code, document, (), product="ri6", organisation="hop-tac-xa")


async def activate(
    ledger: Ledger, stamps: int, lot: str = "L1", acted_at: int | None = None, **sites: Any
) -> int:
    batch = await printed(ledger, stamps)
    await ledger.lots.save(describe_lot(lot, **sites))
    await ledger.transitions.apply(
        batch, 0, stamps, Transition.ACTIVATE, actor="an", key=a_key(), lot=lot, acted_at=acted_at
    )
    return batch


async def watch(ledger: Ledger) -> list[Alert]:
    await ledger.code_watch.follow()
    return await ledger.code_watch.judge_due(locate, RULES)


async def read(ledger: Ledger, code: str = AREA, at: int = NOW) -> CodeActivity:
    row = await ledger.registered_codes.get(code)
    return await ledger.code_watch.read_activity(row, at, locate, RULES)


async def count(ledger: Ledger, code: str = AREA) -> int:
    return sum(row.stamps for row in (await read(ledger, code)).rows)


async def test_stamps_are_counted_once_under_the_codes_of_their_lot(ledger: Ledger) -> None:
    await register(ledger)
    await register(ledger, HOUSE)
    await activate(ledger, 100)
    for _ in range(2):
        assert await watch(ledger) == []
    found = await read(ledger)
    assert [(row.month, row.partner, row.stamps) for row in found.rows] == [("2026-09", HOUSE, 100)]
    assert found.crops["ri6"].fruits == 8000
    assert [(row.partner, row.stamps) for row in (await read(ledger, HOUSE)).rows] == [(AREA, 100)]


async def test_reversals_take_stamps_to_where_they_are_bound(ledger: Ledger) -> None:
    for code in (AREA, HOUSE, "VN-ĐLOR-0999"):
        await register(ledger, code)
    batch = await activate(ledger, 100)
    await ledger.lots.save(describe_lot("L2", area="VN-ĐLOR-0999"))
    for lo, step, more in (
        (0, Transition.REBIND, {"lot": "L2", "reason": "wrong-lot"}),
        (40, Transition.DEACTIVATE, {}),
    ):
        await ledger.transitions.apply(batch, lo, lo + 20, step, actor="an", key=a_key(), **more)
    await watch(ledger)
    assert [await count(ledger, code) for code in (AREA, "VN-ĐLOR-0999", HOUSE)] == [60, 20, 80]


async def test_a_corrected_lot_takes_its_stamps_with_it(ledger: Ledger) -> None:
    await register(ledger)
    await register(ledger, "VN-ĐLOR-0999")
    await activate(ledger, 100)
    await watch(ledger)
    change = LotChange(describe_lot("L1", area="VN-ĐLOR-0999"), 1, ("growing_area",), None)
    await ledger.proposals.add(
        LOT_CHANGE, change.subject, document=change.to_document(), reason="typing-error",
        actor="an", key=a_key(),
    )  # fmt: skip
    await ledger.proposals.approve(1, "binh", act=carry_out_lot_change)
    await watch(ledger)
    assert [await count(ledger, code) for code in (AREA, "VN-ĐLOR-0999")] == [0, 100]


async def test_more_stamps_than_fruits_are_one_case_that_grows_with_a_tenth(
    ledger: Ledger, clock: Clock
) -> None:
    await register(ledger, organisation=None, province="66")
    await activate(ledger, 8_800, "L1")
    assert await watch(ledger) == []
    await activate(ledger, 1_200, "L2")
    [alert] = await watch(ledger)
    assert (alert.kind, alert.code, alert.reasons, alert.stamps) == (
        "lent_code", AREA, ("above_crop",), 2_000
    )  # fmt: skip
    assert (alert.province, alert.batch, alert.expected_loss) == ("66", None, alert.score * 2_000)
    counted = alert.counted
    assert counted is not None
    assert (counted.activated, counted.crop) == (10_000, 8_000)  # type: ignore[union-attr]
    await activate(ledger, 100, "L3")
    await watch(ledger)
    assert len((await ledger.alerts.get(alert.id)).history) == 1
    await activate(ledger, 500, "L4")
    [same] = await watch(ledger)
    assert (same.id, same.stamps, len((await ledger.alerts.get(alert.id)).history)) == (
        alert.id, 2_600, 2
    )  # fmt: skip


async def dismiss(ledger: Ledger, alert: Alert, cause: str = "good-harvest") -> None:
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="chi")
    await ledger.alerts.decide(alert.id, AlertState.DISMISSED, actor="chi", cause=cause)


async def test_a_dismissed_case_opens_again_on_clearly_more_or_the_next_season(
    ledger: Ledger, clock: Clock
) -> None:
    await register(ledger)
    await activate(ledger, 10_000)
    [first] = await watch(ledger)
    await dismiss(ledger, first)
    await activate(ledger, 1_900, "L2")
    [same] = await watch(ledger)
    assert (same.id, same.state) == (first.id, AlertState.DISMISSED)
    await activate(ledger, 100, "L3")
    [again] = await watch(ledger)
    assert (again.previous, again.state, again.stamps) == (first.id, AlertState.OPEN, 4_000)
    await dismiss(ledger, again)
    clock.now += 200 * DAY  # 2027
    await activate(ledger, 9_000, "L4")
    [later] = await watch(ledger)
    assert (later.previous, later.stamps) == (again.id, 1_000)
    linked = await ledger.alerts.find_linked(later, 5)
    assert [one.id for one in linked] == [again.id, first.id]


async def test_a_code_revoked_in_use_is_a_case_and_its_restoration_none(
    ledger: Ledger, clock: Clock
) -> None:
    await register(ledger)
    await activate(ledger, 100)
    clock.now += 20 * DAY
    await set_status(ledger, "suspended")
    [alert] = await watch(ledger)
    assert (alert.kind, alert.reasons, alert.stamps) == (
        "withdrawn_code", ("in_use_at_withdrawal",), 100
    )  # fmt: skip
    await dismiss(ledger, alert, "sold-before")
    await set_status(ledger, "active")
    assert await watch(ledger) == []
    clock.now += DAY
    await set_status(ledger, "revoked")  # another withdrawal is another matter
    [other] = await watch(ledger)
    assert other.previous == alert.id


async def test_a_code_withdrawn_out_of_use_is_no_case(ledger: Ledger, clock: Clock) -> None:
    await register(ledger)
    await activate(ledger, 100)
    clock.now += 40 * DAY
    await set_status(ledger, "revoked")
    assert await watch(ledger) == []


async def test_stamps_recorded_after_a_revocation_are_named(
    ledger: Ledger, url: str, clock: Clock
) -> None:
    await register(ledger)
    await activate(ledger, 100)
    # The ledger refuses to bind stamps under a revoked code: somebody went past it.
    with open_insider(url) as insider:
        insider.sql(
            "UPDATE registered_codes SET status = 'revoked', status_reason = 'x',"  # noqa: S608 - by hand
            f" status_at = {NOW - 1} WHERE code = '{AREA}'"
        )
    [alert] = await watch(ledger)
    assert alert.reasons == ("bound_after_withdrawal",)
    assert alert.counted.late == 100  # type: ignore[union-attr]


async def test_a_code_used_by_many_far_houses_is_suspected(ledger: Ledger) -> None:
    await register(ledger, hectares=10.0)
    for number in range(5):
        house = f"VN-LSPH-000{number}"
        await register(ledger, house, lat=21.8, lon=106.7)
        await activate(ledger, 100, f"L{number}", house=house)
    [alert] = await watch(ledger)
    assert set(alert.reasons) == {"many_packing_houses", "far_packing_house"}
    assert alert.counted.farthest_km > 1_000  # type: ignore[union-attr, operator]


async def test_a_packing_house_that_others_use_is_suspected(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("chu", "packer", "Chủ mã"))
    await register(ledger, HOUSE, organisation="chu")
    await activate(ledger, 100)
    [alert] = await watch(ledger)
    assert (alert.code, alert.reasons, alert.stamps) == (HOUSE, ("used_by_others",), 100)


async def test_all_codes_are_judged_again_each_day(ledger: Ledger, clock: Clock) -> None:
    await register(ledger)
    await activate(ledger, 10_000)
    [first] = await watch(ledger)
    assert await ledger.code_watch.judge_due(locate, RULES) == []
    clock.now += DAY
    [same] = await ledger.code_watch.judge_due(locate, RULES)
    assert same.id == first.id


async def test_two_watchers_count_a_page_once(ledger: Ledger) -> None:
    await register(ledger)
    for number in range(5):
        await activate(ledger, 100, f"L{number}")
    await asyncio.gather(*(ledger.code_watch.follow() for _ in range(4)))
    assert await count(ledger) == 500


_KILLED = """
import asyncio, os, signal, sys
from ledger import open_ledger
from ledger.code_watch import code_activity

add = code_activity._add

async def add_and_die(connection, bound):
    await add(connection, bound)
    os.kill(os.getpid(), signal.SIGKILL)

async def follow():
    code_activity._add = add_and_die
    async with await open_ledger(sys.argv[1]) as ledger:
        await ledger.code_watch.follow()

asyncio.run(follow())
"""


async def test_a_watcher_that_is_killed_counted_nothing(ledger: Ledger, url: str) -> None:
    await register(ledger)
    await activate(ledger, 100)
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, url)
    assert await killed.wait() == -signal.SIGKILL
    assert await count(ledger) == 0
    await watch(ledger)
    assert await count(ledger) == 100
