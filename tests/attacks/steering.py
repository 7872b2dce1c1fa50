"""What people do who send scans to accuse growers or to hide copies, and what buyers do meanwhile.

Each function plays one row of the attackers' table (`docs/detection.md`) against a running service.
"""

from collections import Counter
from typing import Any, Protocol

from tests.resolver.house import HANOI, SAIGON

DA_NANG = {"lat": 16.05, "lon": 108.21, "accuracy_m": 30}
PLACES = (HANOI, SAIGON, DA_NANG)
HALF_DAY = 12 * 60


class Market(Protocol):
    """A service with a batch of 100 activated stamps, and the time in which they are sold."""

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass for every process of the service."""

    async def scan(
        self, index: int, network: str, place: Any = None, device: str = ""
    ) -> dict[str, Any]:
        """Scan a stamp and return the answer; `device` names one that keeps its cookie."""


async def sell_copies(
    market: Market, *, buyers: int, masks: int = 0, mask_networks: int = 1, index: int = 1
) -> list[str]:
    """Buyers of copies scan twice a day, a third of them with a place; masks scan in between."""
    verdicts, mask = [], 0
    for buyer in range(buyers):
        for _ in range(masks):
            market.pass_minutes(HALF_DAY / (masks + 1))
            await market.scan(index, f"192.0.2.{mask % mask_networks}")
            mask += 1
        market.pass_minutes(HALF_DAY / (masks + 1))
        place = PLACES[buyer // 3 % 3] if buyer % 3 == 0 else None
        verdicts.append((await market.scan(index, f"203.0.113.{buyer}", place))["verdict"])
    return verdicts


async def vaccinate(market: Market, *, index: int = 1) -> list[str]:
    """One device claims 17 places, one after the other."""
    return [
        (await market.scan(index, "192.0.2.1", PLACES[n % 3], device="vaccine"))["verdict"]
        for n in range(17)
    ]


async def claim_places(market: Market, *, networks: int, index: int = 1) -> list[str]:
    """Networks claim places in turn, an hour after the other; one network alone claims three."""
    verdicts = []
    for n in range(3 if networks == 1 else networks):
        market.pass_minutes(60)
        answer = await market.scan(index, f"192.0.2.{n % networks}", PLACES[n % 3])
        verdicts.append(answer["verdict"])
    return verdicts


async def scan_in_turn(
    market: Market, *, networks: int, scans: int, minutes: float, index: int = 1
) -> list[str]:
    """Networks scan a stamp in turn, without a place, every so many minutes."""
    verdicts = []
    for n in range(scans):
        market.pass_minutes(minutes)
        verdicts.append((await market.scan(index, f"192.0.2.{n % networks}"))["verdict"])
    return verdicts


async def accuse_hundred_stamps(market: Market) -> Counter[str]:
    """Two networks claim far places of one stamp after the other; the last verdict of each."""
    verdicts: Counter[str] = Counter()
    for index in range(100):
        await market.scan(index, "192.0.2.1", HANOI)
        verdicts[(await market.scan(index, "192.0.2.2", SAIGON))["verdict"]] += 1
    return verdicts


async def flood_for_nine_days(market: Market, *, index: int = 1) -> list[str]:
    """500 scans of one stamp from 250 networks, by day and night."""
    verdicts = []
    for n in range(500):
        market.pass_minutes(9 * 24 * 60 / 500)
        verdicts.append((await market.scan(index, f"198.18.{n % 250}.1"))["verdict"])
    return verdicts
