"""Somebody who sends scans to accuse growers or to hide copies: real requests, real verdicts.

Networks vary through a trusted proxy; days pass by the clock that the service is given. With
several workers, and the system's clock: `test_steering_over_http`.
"""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from resolver.privacy.pseudonyms import COOKIE
from tests.attacks.steering import (
    PLACES,
    accuse_hundred_stamps,
    claim_places,
    flood_for_nine_days,
    scan_in_turn,
    sell_copies,
    vaccinate,
)
from tests.resolver.house import HANOI, House, a_house, code_of


class HouseMarket:
    """A running service in this process, as a `Market`."""

    def __init__(self, house: House) -> None:
        self.ledger = house.ledger
        self._house = house
        self._devices: dict[str, str] = {}

    def pass_minutes(self, minutes: float) -> None:
        self._house.clock.pass_minutes(minutes)

    async def scan(
        self, index: int, network: str, place: Any = None, device: str = ""
    ) -> dict[str, Any]:
        headers = {"X-Forwarded-For": network}
        if device in self._devices:
            headers["Cookie"] = f"{COOKIE}={self._devices[device]}"
        code = code_of(self._house.batches.active, index)
        answer = await self._house.scan(code, place, **headers)
        assert answer.status == 200
        if device and COOKIE in answer.cookies:
            self._devices[device] = answer.cookies[COOKIE].value
        told: dict[str, Any] = await answer.json()
        return told


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[HouseMarket]:
    async with a_house(tmp_path, stale_seconds=1e9) as opened:
        opened.clock.pass_minutes(24 * 60)
        yield HouseMarket(opened)


@pytest.mark.parametrize(
    ("masks", "mask_networks"),
    [
        (0, 1),
        pytest.param(3, 1, marks=pytest.mark.long),
        pytest.param(6, 10, marks=pytest.mark.long),
    ],
)
async def test_masks_from_ten_networks_hide_no_copies(
    market: HouseMarket, masks: int, mask_networks: int
) -> None:
    verdicts = await sell_copies(market, buyers=40, masks=masks, mask_networks=mask_networks)
    assert "suspect" in verdicts
    assert await market.ledger.alerts.list()


async def test_a_vaccination_protects_no_copies(market: HouseMarket) -> None:
    await vaccinate(market)
    assert "suspect" in await sell_copies(market, buyers=40)


@pytest.mark.parametrize("networks", [1, 2, 5])
async def test_invented_places_of_a_day_make_no_genuine_stamp_suspect(
    market: HouseMarket, networks: int
) -> None:
    await market.scan(1, "203.0.113.1")
    verdicts = await claim_places(market, networks=networks)
    assert "suspect" not in verdicts
    alerts = await market.ledger.alerts.list()
    if networks == 1:
        assert alerts == []
        assert verdicts == ["authentic"] * 3
    else:
        assert "unproven_places" in alerts[0].reasons


@pytest.mark.parametrize("networks", [1, 10])
async def test_masks_on_a_genuine_stamp_accuse_nobody(market: HouseMarket, networks: int) -> None:
    await market.scan(1, "203.0.113.1", HANOI)
    verdicts = await scan_in_turn(market, networks=networks, scans=300, minutes=20)
    assert set(verdicts) <= {"authentic", "expired"}


async def test_a_hundred_stamps_accused_by_two_networks_are_one_alert(market: HouseMarket) -> None:
    assert await accuse_hundred_stamps(market) == {"caution": 3, "authentic": 97}
    alerts = await market.ledger.alerts.list()
    assert Counter(alert.kind for alert in alerts) == {"stamp": 3, "campaign": 1, "batch": 1}
    (campaign,) = (alert for alert in alerts if alert.kind == "campaign")
    assert campaign.stamps == 100
    assert campaign.reasons == ("few_networks",)


@pytest.mark.long
async def test_a_flood_round_the_clock_is_an_alert(market: HouseMarket) -> None:
    assert (await flood_for_nine_days(market))[-1] == "caution"
    (alert,) = await market.ledger.alerts.list()
    assert "many_networks" in alert.reasons


async def test_an_ipv6_customer_is_one_witness_whatever_addresses_it_takes(
    market: HouseMarket,
) -> None:
    for n in range(40):
        market.pass_minutes(12 * 60)
        told = await market.scan(1, f"2001:db8:1:{n:x}::1", PLACES[n % 3])
        assert told["verdict"] in ("authentic", "expired")
