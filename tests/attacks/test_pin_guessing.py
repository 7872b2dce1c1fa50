"""Strangers who photographed a label: they guess its PIN, or want to shut its owner out.

They have ten networks and as many requests as they like. Networks are named by a trusted proxy.
"""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.resolver.handlers.test_claim import pin_of
from tests.resolver.house import House, a_house, code_of

STRANGERS = [f"198.51.100.{n}" for n in range(10)]
OWNER = "203.0.113.7"


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as made:
        yield made


async def claim(house: House, pin: str, network: str, index: int = 2) -> int:
    body = {"code": code_of(house.batches.active, index), "pin": pin}
    response = await house.post("/v1/claims", body, **{"X-Forwarded-For": network})
    house.session.cookie_jar.clear()
    return response.status


def wrong_pin(house: House, number: int, index: int = 2) -> str:
    return f"{(int(pin_of(house.batches.active, index)) + 1 + number) % 10**8:08d}"


async def attack(house: House, rounds: int, index: int = 2) -> Counter[int]:
    """Each network guesses `rounds` times a minute for a minute."""
    statuses: Counter[int] = Counter()
    for number in range(rounds):
        for network in STRANGERS:
            guess = wrong_pin(house, 1 + number * 10, index)
            statuses[await claim(house, guess, network, index)] += 1
    return statuses


async def test_ten_networks_cannot_shut_the_owner_out(proxied: House) -> None:
    for _ in range(5):
        await attack(proxied, 12)
        proxied.clock.pass_minutes(1)
    await attack(proxied, 12)
    # In the middle of it, without any wait.
    assert await claim(proxied, pin_of(proxied.batches.active, 2), OWNER) == 200


async def test_an_owner_who_mistypes_during_an_attack_gets_through(proxied: House) -> None:
    await attack(proxied, 12)
    for number in range(4):
        assert await claim(proxied, wrong_pin(proxied, number), OWNER) == 403
    assert await claim(proxied, pin_of(proxied.batches.active, 2), OWNER) == 200


async def test_an_owner_in_a_strangers_network_waits_minutes_or_takes_another(
    proxied: House,
) -> None:
    right = pin_of(proxied.batches.active, 2)
    await attack(proxied, 12)
    assert await claim(proxied, right, STRANGERS[0]) == 429
    proxied.clock.pass_minutes(10)
    assert await claim(proxied, right, STRANGERS[0]) == 200


async def test_guesses_are_few_however_many_are_sent(proxied: House) -> None:
    compared = 0
    minutes = 30
    for _ in range(minutes // 5):
        statuses = await attack(proxied, 12)
        assert set(statuses) <= {403, 429}
        compared += statuses[403]
        proxied.clock.pass_minutes(5)
    assert 50 < compared <= len(STRANGERS) * (5 + minutes // 10 + 1)


async def test_a_refused_try_says_nothing_about_the_pin(proxied: House) -> None:
    await attack(proxied, 7)
    right, wrong = pin_of(proxied.batches.active, 2), wrong_pin(proxied, 0)
    answers = []
    for pin in (right, wrong):
        body = {"code": code_of(proxied.batches.active, 2), "pin": pin}
        response = await proxied.post(
            "/v1/claims", body, **{"X-Forwarded-For": STRANGERS[0], "Accept-Language": "en"}
        )
        answers.append((response.status, await response.json(), response.headers["Retry-After"]))
    assert answers[0] == answers[1]
    assert "another network" in answers[0][1]["detail"]
    state = await proxied.ledger.transitions.get_span(proxied.batches.active, 2)
    assert state.state == "activated"


async def test_what_can_be_no_pin_costs_the_owner_nothing(proxied: House) -> None:
    for text in ("1", "1234567", "123456789", "abcdefgh"):
        for _ in range(3):
            assert await claim(proxied, text, OWNER) in (400, 403)
    assert await claim(proxied, pin_of(proxied.batches.active, 2), OWNER) == 200
