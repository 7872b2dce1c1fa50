"""One stamp's whole life, for real: ordered, sealed, printed, read back, scanned, copied, recalled.

Nothing is staged: keys and ledger are made in the folder, the sheet is decoded from its rendered
PDF, the resolver answers over HTTP. Only the clock of the resolver is moved, so that the copy is
seen half an hour after the stamp.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cli.demo.sample import DAY_MS, FAR, HOUR_MS, NEAR, durian
from cli.demo.shopper import Shopper
from cli.lots import kept
from cli.settings import Settings
from issuer import Issuer
from issuer.keystore import DEMO_PASSPHRASES, KeyStore
from ledger import Batch, Ledger, Order, ProductRow
from printing import SEALED_DESIGN, Bundle, SheetLayout, decode_pdf, stream_code_list, write_bundle
from resolver import RunningService, open_dependencies, run_service
from resolver.serve import ServiceSockets
from stamps.lifecycle import Transition
from stamps.spans import RangeTransition

MINUTE_MS: Final = 60_000
STAMPS: Final = 40
"""One A4 sheet of the built-in label."""
SPOILED: Final = 2
GENUINE_LOT, COPIED_LOT = "DEMO-RI6-01", "DEMO-RI6-02"
GENUINE: Final = range(20)
COPIED: Final = range(20, STAMPS - SPOILED)

Tell = Callable[[str, str], None]
"""Told each step as it is done: a heading and what came of it."""


class MovableClock:
    """The wall clock, set back by a chosen time."""

    def __init__(self) -> None:
        self.back_ms = 0

    def __call__(self) -> int:
        """The time, in milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 - self.back_ms


@dataclass
class Outcome:
    """What came of it; `problems` is empty when everything was as it must be."""

    stamps: int
    decoded: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    alert: int | None = None
    problems: list[str] = field(default_factory=list)
    sheet: Path | None = None
    genuine: str = ""
    copied: str = ""

    def expect(self, what: str, seen: Any, wanted: Any) -> None:
        """Note a problem unless `seen` is what is wanted."""
        if seen != wanted:
            self.problems.append(f"{what}: {seen!r}, not {wanted!r}")


@asynccontextmanager
async def life(
    folder: Path, settings: Settings, listening: ServiceSockets, tell: Tell
) -> AsyncIterator[tuple[Outcome, RunningService]]:
    """Live through it in `folder`; while the block runs, the resolver goes on answering."""
    clock = MovableClock()
    store = KeyStore.create(settings.keys.directory, DEMO_PASSPHRASES, demo=True)
    opened = open_dependencies(
        settings.resolver,
        keys=store.open_ring(DEMO_PASSPHRASES.opening),
        public_keys=store.load_public_keys(),
        rules=settings.rules,
        secret=b"the demo's secret, known to all!",
        clock=clock,
    )
    async with opened as parts:
        ledger = parts.ledger
        await ledger.migrate()
        ring, signer = (
            store.open_ring(DEMO_PASSPHRASES.opening),
            store.open_signer(DEMO_PASSPHRASES.signing),
        )
        issuer = Issuer(ledger, ring, signer)
        outcome = Outcome(STAMPS)
        batch = await _issue(issuer, settings, clock(), tell)
        codes = [code.decode() for code in ring.seal(batch.number, 0, STAMPS, batch.epoch)]
        await asyncio.to_thread(_print, issuer, batch, settings, folder, outcome, tell)
        await _press_and_pack(ledger, batch, clock(), tell)
        outcome.genuine, outcome.copied = codes[GENUINE[0]], codes[COPIED[0]]
        async with run_service(parts, listening) as running:
            await _scan(
                ledger, running.url, clock, settings.resolver.refresh_seconds, outcome, tell
            )
            yield outcome, running


async def _issue(issuer: Issuer, settings: Settings, now: int, tell: Tell) -> Batch:
    ledger = issuer.ledger
    lot = durian(GENUINE_LOT, now)
    await ledger.products.add(
        ProductRow(
            lot.product.code, lot.product.name.to_document(), lot.product.gtin, lot.shelf_life_days
        )
    )
    await ledger.orders.add(
        Order(
            id="DEMO-1",
            count=STAMPS,
            grade="sealed",
            requested_by="Lan",
            product=lot.product.code,
            requested_at=now - 3 * DAY_MS,
        )
    )
    await ledger.orders.approve("DEMO-1", "Minh", at=now - 2 * DAY_MS)
    tell("Ordered", f"{STAMPS} stamps: Lan asked, Minh approved")
    batch = await issuer.issue(
        "DEMO-1",
        host=settings.printing.host,
        actor="Minh",
        key="demo batch",
        at=now - 2 * DAY_MS,
    )
    tell("Sealed", f"batch {batch.number}, manifest signed by epoch {batch.epoch}")
    return batch


def _print(
    issuer: Issuer, batch: Batch, settings: Settings, folder: Path, outcome: Outcome, tell: Tell
) -> None:
    run = issuer.prepare_print_run(batch, scheme=settings.printing.scheme)
    manifest = write_bundle(
        Bundle(run, "pdf", SEALED_DESIGN, SheetLayout()),
        folder / "print",
        sign_manifest=lambda document: issuer.signer.sign_manifest(batch.epoch, document),
    )
    (outcome.sheet,) = manifest.parent.glob("*.pdf")
    tell("Printed", f"{outcome.sheet.name}, {outcome.sheet.stat().st_size:,} bytes")
    listed = b"".join(stream_code_list(run, "csv", run.lo, run.hi)).decode().splitlines()[1:]
    wanted = sorted(line.split(",")[2] for line in listed)
    decoded = decode_pdf(outcome.sheet)
    outcome.decoded = len(decoded)
    outcome.expect("symbols read back from the rendered sheet", sorted(decoded), wanted)
    tell("Read back", f"{len(decoded)} of {STAMPS} symbols, by an independent decoder")


async def _press_and_pack(ledger: Ledger, batch: Batch, now: int, tell: Tell) -> None:
    spoiled = STAMPS - SPOILED
    await ledger.transitions.apply_all(
        [
            RangeTransition(batch.number, 0, STAMPS, Transition.PRINT),
            RangeTransition(batch.number, spoiled, STAMPS, Transition.VOID, "spoiled"),
        ],
        actor="In An Phú",
        key="demo report",
        at=now - 30 * HOUR_MS,
    )
    tell("Reconciled", f"{STAMPS} printed, {SPOILED} of them spoiled and void")
    for code, indexes in ((GENUINE_LOT, GENUINE), (COPIED_LOT, COPIED)):
        await ledger.lots.save(kept(durian(code, now), "HTX Krông Pắc"))
        await ledger.transitions.apply(
            batch.number,
            indexes.start,
            indexes.stop,
            Transition.ACTIVATE,
            actor="HTX Krông Pắc",
            lot=code,
            key=f"demo {code}",
            at=now - DAY_MS,
        )
    tell("Activated", f"{len(GENUINE)} on lot {GENUINE_LOT}, {len(COPIED)} on lot {COPIED_LOT}")


async def _scan(
    ledger: Ledger,
    url: str,
    clock: MovableClock,
    refresh_seconds: float,
    outcome: Outcome,
    tell: Tell,
) -> None:
    async with Shopper(url, "203.0.113.7") as near, Shopper(url, "198.51.100.23") as far:
        clock.back_ms = 25 * MINUTE_MS
        seen = await near.scan(outcome.copied, NEAR)
        _verdict(outcome, "near", seen, "authentic")
        tell("Scanned", f"in Buôn Ma Thuột: {seen['verdict']}")

        clock.back_ms = 0
        # The clock leapt: until it has asked the ledger again, the resolver owns to an old state.
        await asyncio.sleep(2 * refresh_seconds)
        seen = await far.scan(outcome.copied, FAR)
        _verdict(outcome, "far", seen, "suspect")
        tell("Copied", f"in Hà Nội, 25 minutes later: {seen['verdict']} ({_reasons(seen)})")

        alerts = await ledger.alerts.list()
        outcome.alert = alerts[0].id if alerts else None
        outcome.expect("alerts", len(alerts), 1)
        tell("Alert", f"number {outcome.alert}, for an inspector to judge")

        await ledger.transitions.recall_lot(
            COPIED_LOT, actor="Chi cục Đắk Lắk", reason="counterfeit", key="demo recall"
        )
        start = time.monotonic()
        while True:
            seen = await near.open(outcome.copied)
            if seen["verdict"] == "recalled" or time.monotonic() - start > 5:
                break
            await asyncio.sleep(0.02)
        _verdict(outcome, "recalled", seen, "recalled")
        took = (time.monotonic() - start) * 1000
        tell("Recalled", f"lot {COPIED_LOT}: every page says so {took:.0f} ms later")


def _verdict(outcome: Outcome, name: str, seen: dict[str, Any], wanted: str) -> None:
    outcome.verdicts[name] = seen.get("verdict", seen.get("title", "?"))
    outcome.expect(f"the verdict {name}", outcome.verdicts[name], wanted)


def _reasons(seen: dict[str, Any]) -> str:
    return ", ".join(str(reason) for reason in seen.get("reasons", []))
