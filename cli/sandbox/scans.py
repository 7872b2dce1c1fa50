"""Scans of the sandbox: consumers look at stamps; one stamp is copied, which raises an alert."""

import asyncio
from typing import Final

from claims import open_in_process
from cli.demo.enrolment import enrol_phone
from cli.demo.phone import Phone
from cli.demo.sample_lot import FAR, NEAR
from cli.demo.story import MovableClock
from cli.output import CommandRefused
from cli.sandbox.seeding import LAN, MINH, Seeding
from detection.rules import Rules
from detection.verdict import Verdict
from issuer import StampKeys
from resolver import ResolverSettings, open_dependencies, run_service
from resolver.answer import STATE_STALE
from stamps.signature import PublicKeys
from stamps.vietnam_time import DAY_MS

MINUTE_MS: Final = 60_000
_PATIENCE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.1
_PHONES: Final = (("ql-thi-truong-66", "203.0.113.7"), ("ql-thi-truong-01", "198.51.100.23"))
"""Accounts and networks of the two phones that scan one stamp in two towns."""


async def scan_stamps(
    seeding: Seeding,
    settings: ResolverSettings,
    keys: StampKeys,
    public_keys: PublicKeys,
    secret: bytes,
    *,
    genuine: list[str],
    copied: str,
) -> None:
    """Scan genuine stamps once each by unknown phones, and a copied one in two towns at once."""
    clock = MovableClock()
    clock.back_ms = 25 * MINUTE_MS
    opened = open_dependencies(
        settings,
        keys=keys.ring,
        open_claims=open_in_process(keys.pins),
        public_keys=public_keys,
        rules=Rules(),
        secret=secret,
        clock=clock,
    )
    at = seeding.now - DAY_MS
    lan, minh = seeding.act_as(LAN, at), seeding.act_as(MINH, at)
    async with opened as dependencies, run_service(dependencies) as running:
        phones = [
            await enrol_phone(lan, minh, running.url, address, (account, "inspector"))
            for account, address in _PHONES
        ]
        async with phones[0] as near, phones[1] as far:
            await near.sign_and_scan(copied, NEAR, clock())
            for number, code in enumerate(genuine):
                async with Phone(running.url, f"192.0.2.{number + 1}") as phone:
                    await phone.scan(code, NEAR)
            clock.back_ms = 0
            await _wait_for_fresh_state(far, copied)
            page = await far.sign_and_scan(copied, FAR, clock())
    if page.get("verdict") != Verdict.SUSPECT:
        raise CommandRefused(why=f"the copied stamp is {page.get('verdict')}; --reset tries again")


async def _wait_for_fresh_state(phone: Phone, code: str) -> None:
    """Wait until the resolver has read the ledger by the clock that leapt."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while STATE_STALE in (await phone.open_page(code)).get("reasons", ()):  # noqa: ASYNC110 - what a service does
            await asyncio.sleep(_PAUSE_SECONDS)
