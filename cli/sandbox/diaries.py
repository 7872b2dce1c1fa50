"""What the people of the sandbox tell: diaries of farms, and the way of each lot to a shop."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from cli.sandbox.lots import HOUR_MS, SandboxLot
from cli.sandbox.province import (
    BUYER,
    CARRIER,
    DISTRIBUTOR,
    DURIAN,
    FARMS,
    FISH,
    LABORATORY,
    NAMES,
    SHOPS,
    Farm,
)
from services import ServiceContext
from services.diary import entries
from services.record import mentions
from stamps.vietnam_time import DAY_MS, VIETNAM_TIME, to_iso_day

ActFor = Callable[[str, int], ServiceContext]
"""The context of an organisation that acts at a time."""

_KILOGRAMS: Final = 250


async def tell_diaries(act_for: ActFor, now: int) -> None:
    """Write the diary of each farm: planting, inputs, and what was not allowed to happen."""
    for farm in FARMS:
        for days, kind, values in _list_work(farm):
            at = now - days * DAY_MS
            day = {"at": to_iso_day(at), "place": farm.code}
            await entries.tell_entry(act_for(farm.organisation, at), kind, day | values)


async def tell_journey(act_for: ActFor, lot: SandboxLot, now: int) -> None:
    """Tell the way of a lot; what would be later than `now` is not told."""
    number, packer = lot.number, lot.house.packer
    shop = SHOPS[number % len(SHOPS)]
    goods: dict[str, Any] = {"lot": lot.code, "quantity": _KILOGRAMS, "unit": "KGM"}
    harvest = {**goods, "place": lot.farm.code, "product": lot.product}
    bought = lot.product == DURIAN and number % 2 == 0
    steps: list[tuple[int, str, str, dict[str, Any]]] = [
        (-20, lot.farm.organisation, "harvest", harvest)
    ]
    if bought:
        steps.append((-18, BUYER, "purchase", {**goods, "seller": lot.farm.household}))
        steps.append((-16, BUYER, "sale", {**goods, "buyer": NAMES[packer]}))
    else:
        steps.append((-16, packer, "purchase", {**goods, "seller": lot.farm.household}))
    if number % 3 == 0:
        steps.append((-6, LABORATORY, "test", _make_test(lot)))
    steps += [
        (4, packer, "sale", {**goods, "buyer": NAMES[DISTRIBUTOR]}),
        (5, CARRIER, "transport", _make_transport(lot)),
        (
            12,
            CARRIER,
            "checkpoint",
            {"lot": lot.code, "vehicle": _name_vehicle(lot), "where": "Trạm dừng Madagui"},
        ),
        (20, DISTRIBUTOR, "receipt", {**goods, "sender": NAMES[packer]}),
        (30, shop, "receipt", {**goods, "sender": NAMES[DISTRIBUTOR]}),
    ]
    for hours, who, kind, values in steps:
        at = lot.packed_at + hours * HOUR_MS
        if at < now:
            when = _write_moment(at) if kind in _MOMENTS else to_iso_day(at)
            await entries.tell_entry(act_for(who, at), kind, {"at": when, **values})


async def answer_mentions(act_for: ActFor, now: int) -> None:
    """Let the distributor confirm what others tell of it, and dispute one; others stay open."""
    context = act_for(DISTRIBUTOR, now)
    found = (await mentions.list_mentions(context, limit=6)).items
    for place, mention in enumerate(found[:4]):
        row = mention.event
        if place == 0:
            note = "Chỉ nhận 230 kg, thiếu một thùng."
            await mentions.answer_mention(context, row.organisation, row.id, "disputed", note)
        else:
            await mentions.answer_mention(context, row.organisation, row.id, "confirmed", None)


_MOMENTS: Final = ("transport", "checkpoint", "receipt")
"""Entries that tell their hour."""


def _list_work(farm: Farm) -> list[tuple[int, str, dict[str, Any]]]:
    """Days before today, kind and values of what a farm did."""
    if farm.product == FISH:
        return [
            (100, "planting", {"product": FISH, "variety": "Cá lăng nha", "plants": 6_000}),
            (70, "input", {"input_kind": "feed", "input_name": "Cám viên 40% đạm", "dose": 120,
                           "dose_unit": "kg"}),
            (40, "input", {"input_kind": "medicine", "input_name": "Povidine",
                           "substance": "Povidone iodine", "waiting_days": 7}),
        ]  # fmt: skip
    return [
        (95, "planting", {"product": DURIAN, "variety": "Ri6", "hectares": 3.5}),
        (80, "input", {"input_kind": "fertiliser", "input_name": "NPK 16-16-8", "dose": 400,
                       "dose_unit": "kg_ha"}),
        (55, "input", {"input_kind": "pesticide", "input_name": "Ridomil Gold 68WG",
                       "substance": "Metalaxyl-M + Mancozeb", "waiting_days": 14, "dose": 2.5,
                       "dose_unit": "kg_ha", "input_batch": "RG-2607"}),
        (32, "input", {"input_kind": "fertiliser", "input_name": "Kali sunphat", "dose": 150,
                       "dose_unit": "kg_ha"}),
    ]  # fmt: skip


def _make_test(lot: SandboxLot) -> dict[str, Any]:
    """A test result of a lot."""
    return {
        "lot": lot.code,
        "report": f"KN-{lot.code}",
        "substance": "Cadmi (Cd)",
        "value": 0.012,
        "limit": 0.05,
        "value_unit": "mg_kg",
        "method": "AOAC 2015.01",
        "accreditation": "VILAS 123",
    }


def _make_transport(lot: SandboxLot) -> dict[str, Any]:
    """The departure of a lot."""
    return {
        "lot": lot.code,
        "vehicle": _name_vehicle(lot),
        "receiver": NAMES[DISTRIBUTOR],
        "temperature": 16,
    }


def _name_vehicle(lot: SandboxLot) -> str:
    return f"47C-{100 + lot.number:03}.45"


def _write_moment(at: int) -> str:
    """A moment as entries have it, in Vietnam's time."""
    return datetime.fromtimestamp(at / 1000, VIETNAM_TIME).strftime("%Y-%m-%dT%H:%M")
