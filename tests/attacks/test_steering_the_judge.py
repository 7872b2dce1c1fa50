"""Somebody who sends scans to accuse growers or to hide copies: real requests, real verdicts.

Networks vary through a trusted proxy; days pass by the clock that the service is given.
"""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.resolver.house import HANOI, SAIGON, House, a_house, code_of

DA_NANG = {"lat": 16.05, "lon": 108.21, "accuracy_m": 30}
PLACES = (HANOI, SAIGON, DA_NANG)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, stale_seconds=1e9) as opened:
        opened.clock.pass_minutes(24 * 60)
        yield opened


async def scan(house: House, index: int, network: str, place: Any = None) -> dict[str, Any]:
    code = code_of(house.batches.active, index)
    answer = await house.scan(code, place, **{"X-Forwarded-For": network})
    assert answer.status == 200
    told: dict[str, Any] = await answer.json()
    return told


async def sell_copies(
    house: House, *, buyers: int, masks: int = 0, mask_networks: int = 1
) -> list[str]:
    """Buyers of copies scan twice a day, some with a place; masks scan in between."""
    verdicts, mask = [], 0
    for buyer in range(buyers):
        for _ in range(masks):
            house.clock.pass_minutes(12 * 60 / (masks + 1))
            await scan(house, 1, f"192.0.2.{mask % mask_networks}")
            mask += 1
        house.clock.pass_minutes(12 * 60 / (masks + 1))
        place = PLACES[buyer // 3 % 3] if buyer % 3 == 0 else None
        verdicts.append((await scan(house, 1, f"203.0.113.{buyer}", place))["verdict"])
    return verdicts


@pytest.mark.parametrize(("masks", "mask_networks"), [(0, 1), (3, 1), (6, 10)])
async def test_masks_from_ten_networks_hide_no_copies(
    house: House, masks: int, mask_networks: int
) -> None:
    verdicts = await sell_copies(house, buyers=40, masks=masks, mask_networks=mask_networks)
    assert "suspect" in verdicts
    assert await house.ledger.alerts.list()


async def test_a_vaccination_protects_no_copies(house: House) -> None:
    for n in range(17):
        await scan(house, 1, "192.0.2.1", PLACES[n % 3])
    assert "suspect" in await sell_copies(house, buyers=40)


@pytest.mark.parametrize("networks", [1, 2, 5])
async def test_invented_places_of_a_day_make_no_genuine_stamp_suspect(
    house: House, networks: int
) -> None:
    await scan(house, 1, "203.0.113.1")
    verdicts = []
    for n in range(max(networks, 3)):
        house.clock.pass_minutes(60)
        told = await scan(house, 1, f"192.0.2.{n % networks}", PLACES[n % 3])
        verdicts.append(told["verdict"])
    assert "suspect" not in verdicts
    alerts = await house.ledger.alerts.list()
    if networks == 1:
        assert alerts == []
        assert verdicts == ["authentic"] * 3
    else:
        assert "unproven_places" in alerts[0].reasons


@pytest.mark.parametrize("networks", [1, 10])
async def test_masks_on_a_genuine_stamp_accuse_nobody(house: House, networks: int) -> None:
    await scan(house, 1, "203.0.113.1", HANOI)
    for n in range(300):
        house.clock.pass_minutes(20)
        told = await scan(house, 1, f"192.0.2.{n % networks}")
        assert told["verdict"] in ("authentic", "expired")


async def test_a_hundred_stamps_accused_by_two_networks_are_one_alert(house: House) -> None:
    verdicts: Counter[str] = Counter()
    for index in range(100):
        await scan(house, index, "192.0.2.1", HANOI)
        verdicts[(await scan(house, index, "192.0.2.2", SAIGON))["verdict"]] += 1
    assert verdicts == {"caution": 3, "authentic": 97}
    alerts = await house.ledger.alerts.list()
    assert Counter(alert.kind for alert in alerts) == {"stamp": 3, "campaign": 1, "batch": 1}
    (campaign,) = (alert for alert in alerts if alert.kind == "campaign")
    assert campaign.stamps == 100
    assert campaign.reasons == ("few_networks",)


async def test_a_flood_round_the_clock_is_an_alert(house: House) -> None:
    for n in range(500):
        house.clock.pass_minutes(9 * 24 * 60 / 500)
        told = await scan(house, 1, f"198.18.{n % 250}.1")
    assert told["verdict"] == "caution"
    (alert,) = await house.ledger.alerts.list()
    assert "many_networks" in alert.reasons


async def test_an_ipv6_customer_is_one_witness_whatever_addresses_it_takes(house: House) -> None:
    for n in range(40):
        house.clock.pass_minutes(12 * 60)
        told = await scan(house, 1, f"2001:db8:1:{n:x}::1", PLACES[n % 3])
        assert told["verdict"] in ("authentic", "expired")
