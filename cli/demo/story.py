"""The story of the demo: order, seal, print, decode, activate, scan, copy, recall.

Nothing is simulated: keys and ledger are created in a folder, staff work through `services`, the
sheet is decoded from its rendered PDF, and the resolver answers over HTTP. The two devices that
scan are enrolled and sign their scans: places that a page claims prove nothing. Only the clock is
set back, so that the copy is scanned 25 minutes after the genuine stamp.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from claims import open_in_process
from cli.demo.enrolment import enrol_phone
from cli.demo.phone import EnrolledPhone, Phone
from cli.demo.sample_lot import (
    DAY_MS,
    FAR,
    HOUR_MS,
    NEAR,
    make_code_records,
    make_lot_document,
)
from cli.founders import DEMO_FOUNDERS
from cli.settings import Settings
from issuer import Issuer
from issuer.keystore import DEMO_PASSPHRASES, KeyStore
from ledger import (
    Batch,
    Ledger,
    Organisation,
    PlaceRow,
    ProductRow,
    Role,
    open_ledger,
)
from ledger.accounts.account_rows import DEMO_ROLE
from printing import SEALED_DESIGN, SheetLayout, decode_pdf, parse_manifest, stream_code_list
from resolver import open_dependencies, run_service
from resolver.serve import ServiceSockets
from services import Actor, ServiceContext
from services.accounts import accounts
from services.alerts import alerts
from services.batches import batches, bundles, print_reports
from services.batches.batches import BatchRequest
from services.batches.bundles import PrintRequest
from services.codes import registered_codes
from services.lots import lot_reviews, lots
from services.orders import orders
from services.orders.orders import OrderRequest
from services.organisations import places, registry
from services.proposals import proposals
from services.stamps import activation, recalls
from traceability.code_record import parse_code_record

MINUTE_MS: Final = 60_000
STAMPS: Final = 40
"""One A4 sheet of the standard label."""
SPOILED: Final = 2
ORDER: Final = "DEMO-1"
PACKER: Final = "krong-pac"
"""The organisation that the lots belong to."""
GENUINE_LOT, COPIED_LOT = "DEMO-RI6-01", "DEMO-RI6-02"
GENUINE: Final = range(20)
COPIED: Final = range(20, STAMPS - SPOILED)
LAN, MINH = DEMO_FOUNDERS[0].id, DEMO_FOUNDERS[1].id
NEAR_ACCOUNT: Final[tuple[str, Role]] = ("so-nong-nghiep", "authority")
FAR_ACCOUNT: Final[tuple[str, Role]] = ("chi-cuc-ha-noi", "inspector")
"""Accounts of the devices that scan, with their roles."""
SECRET: Final = b"the demo's secret, known to all!"

ReportStep = Callable[[str, str], None]
"""Called after each step with a heading and its result."""


class MovableClock:
    """The wall clock, set back by a chosen time."""

    def __init__(self) -> None:
        self.back_ms = 0

    def __call__(self) -> int:
        """The time, in milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 - self.back_ms


@dataclass
class DemoOutcome:
    """The outcome of the demo; `problems` is empty when everything was as expected."""

    stamps: int
    decoded: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    alert: int | None = None
    problems: list[str] = field(default_factory=list)
    sheet: Path | None = None
    genuine_code: str = ""
    copied_code: str = ""
    claimed_code: str = ""
    """A genuine stamp that two phones without enrolment claim to be in two towns."""

    def expect(self, what: str, seen: Any, expected: Any) -> None:
        """Note a problem unless `seen` is what is expected."""
        if seen != expected:
            self.problems.append(f"{what}: {seen!r}, not {expected!r}")

    def expect_verdict(self, name: str, page: dict[str, Any], expected: str) -> None:
        """Note the verdict of a page, and a problem unless it is the expected one."""
        self.verdicts[name] = page.get("verdict", page.get("title", "?"))
        self.expect(f"the verdict {name}", self.verdicts[name], expected)


@dataclass(frozen=True)
class Story:
    """Objects that every step of the demo uses."""

    settings: Settings
    folder: Path
    ledger: Ledger
    issuer: Issuer
    clock: MovableClock
    outcome: DemoOutcome
    report_step: ReportStep

    def act_as(self, name: str, ago_ms: int = 0) -> ServiceContext:
        """The context of one of the demo's two accounts, who acts some time ago."""
        at = self.clock() - ago_ms
        return ServiceContext(self.ledger, Actor(name, DEMO_ROLE), lambda: at, self.issuer)


@asynccontextmanager
async def tell_story(
    folder: Path, settings: Settings, sockets: ServiceSockets, report_step: ReportStep
) -> AsyncIterator[Story]:
    """Do all steps in `folder`; the resolver answers until the block ends."""
    clock = MovableClock()
    store = KeyStore.create(settings.keys.directory, DEMO_PASSPHRASES, demo=True)
    keys = store.open_stamp_keys(DEMO_PASSPHRASES.masters)
    opened = open_dependencies(
        settings.resolver,
        keys=keys.ring,
        open_claims=open_in_process(keys.pins),
        public_keys=store.load_public_keys(),
        rules=settings.rules,
        secret=SECRET,
        clock=clock,
    )
    # A resolver asks the ledger for its generation when it opens.
    async with await open_ledger(settings.resolver.ledger, clock=clock) as ledger:
        await ledger.migrate()
    async with opened as dependencies:
        ledger = dependencies.ledger
        issuer = Issuer(ledger, keys, store.open_signer(DEMO_PASSPHRASES.signing))
        outcome = DemoOutcome(STAMPS)
        story = Story(settings, folder, ledger, issuer, clock, outcome, report_step)
        await accounts.found_accounts(
            ledger, DEMO_FOUNDERS, is_demo=True, at=story.clock() - 4 * DAY_MS
        )
        batch = await _issue(story)
        codes = [code.decode() for code in keys.ring.seal(batch.number, 0, STAMPS, batch.epoch)]
        outcome.genuine_code, outcome.copied_code = codes[GENUINE[0]], codes[COPIED[0]]
        outcome.claimed_code = codes[GENUINE[1]]
        await _print(story, batch)
        await _report_print(story, batch)
        await _activate(story, batch)
        async with run_service(dependencies, sockets) as running:
            await _scan_and_recall(story, running.url)
            await _claim_places(story, running.url)
            yield story


async def _issue(story: Story) -> Batch:
    product = make_lot_document(GENUINE_LOT, story.clock())["product"]
    await registry.add_product(
        story.act_as(MINH, 3 * DAY_MS),
        ProductRow(
            id=product["code"],
            name=product["name"],
            gtin=product["gtin"],
            yield_t_per_ha=20.0,
            fruit_kg=2.5,
        ),
    )
    await registry.add_organisation(
        story.act_as(MINH, 3 * DAY_MS), Organisation(PACKER, "packer", "HTX Sầu riêng Krông Pắc")
    )
    house = make_lot_document(GENUINE_LOT, story.clock())["packing_house"]
    await places.add_place(
        story.act_as(MINH, 3 * DAY_MS),
        PlaceRow("krong-pac-1", "packing_house", house["name"], house["code"], organisation=PACKER),
    )
    for record in make_code_records(PACKER):
        await registered_codes.add_code(story.act_as(MINH, 3 * DAY_MS), parse_code_record(record))
    request = OrderRequest(STAMPS, "sealed", id=ORDER, product=product["code"], packer=PACKER)
    await orders.request_order(story.act_as(LAN, 3 * DAY_MS), request)
    await orders.approve_order(story.act_as(MINH, 2 * DAY_MS), ORDER)
    story.report_step("Ordered", f"{STAMPS} stamps: Lan requested, Minh approved")
    batch = await batches.issue_batch(
        story.act_as(MINH, 2 * DAY_MS),
        BatchRequest(order=ORDER, host=story.settings.printing.host),
        "demo batch",
    )
    story.report_step("Sealed", f"batch {batch.number}, manifest signed by epoch {batch.epoch}")
    return batch


async def _print(story: Story, batch: Batch) -> None:
    scheme, outcome = story.settings.printing.scheme, story.outcome
    request = PrintRequest(
        range=str(batch.number),
        form="pdf",
        folder=story.folder / "print",
        scheme=scheme,
        layout=SheetLayout(),
        design=SEALED_DESIGN,
    )
    path = await bundles.write_print_files(story.act_as(MINH, 2 * DAY_MS), request)
    (part,) = parse_manifest(path.read_bytes())["parts"]
    outcome.sheet = path.parent / part["file"]
    size = outcome.sheet.stat().st_size
    story.report_step("Printed", f"{outcome.sheet.name}, {size:,} bytes")
    run = story.issuer.prepare_print_run(batch, scheme=scheme)
    listed = b"".join(stream_code_list(run, "csv", run.lo, run.hi)).decode().splitlines()[1:]
    decoded = await asyncio.to_thread(decode_pdf, outcome.sheet)
    outcome.decoded = len(decoded)
    expected = sorted(line.split(",")[2] for line in listed)
    outcome.expect("symbols decoded from the rendered sheet", sorted(decoded), expected)
    story.report_step("Decoded", f"{len(decoded)} of {STAMPS} symbols, by an independent decoder")


async def _report_print(story: Story, batch: Batch) -> None:
    good = STAMPS - SPOILED
    lines = (
        {"state": "printed", "first": 0, "last": good - 1},
        {"state": "spoiled", "first": good, "last": STAMPS - 1, "reason": "spoiled"},
    )
    await print_reports.apply_print_report(
        story.act_as(LAN, 30 * HOUR_MS),
        str(batch.number),
        b"\n".join(orjson.dumps(line) for line in lines),
        "demo report",
    )
    story.report_step("Reconciled", f"{STAMPS} printed, {SPOILED} of them spoiled and void")


async def _activate(story: Story, batch: Batch) -> None:
    packer = story.act_as(LAN, DAY_MS)
    for lot, indexes in ((GENUINE_LOT, GENUINE), (COPIED_LOT, COPIED)):
        await lots.put_lot(packer, make_lot_document(lot, story.clock()))
        target = f"{batch.number}·{indexes.start}-{indexes.stop - 1}"
        await activation.activate_range(packer, target, lot, f"demo {lot}")
    story.report_step(
        "Activated",
        f"{len(GENUINE)} for lot {GENUINE_LOT}, {len(COPIED)} for lot {COPIED_LOT}",
    )
    submitted = await lot_reviews.submit_version(packer, GENUINE_LOT, 1)
    await lot_reviews.approve_version(story.act_as(MINH, DAY_MS), submitted.id)
    story.report_step("Published", f"the record of lot {GENUINE_LOT}, reviewed by a second person")


async def _enrol(story: Story, url: str, address: str, account: tuple[str, Role]) -> EnrolledPhone:
    """A phone at a network address, enrolled to a new account."""
    lan, minh = story.act_as(LAN, 2 * DAY_MS), story.act_as(MINH, 2 * DAY_MS)
    return await enrol_phone(lan, minh, url, address, account)


async def _claim_places(story: Story, url: str) -> None:
    """Two phones that nobody knows say that they are in two towns: claims, and no proof."""
    outcome = story.outcome
    async with Phone(url, "192.0.2.10") as one, Phone(url, "192.0.2.200") as other:
        await one.scan(outcome.claimed_code, NEAR)
        page = await other.scan(outcome.claimed_code, FAR)
    outcome.expect("the verdict on claims alone", page["verdict"], "caution")
    story.report_step("Claimed", f"the same by phones that nobody knows: {page['verdict']} only")


async def _scan_and_recall(story: Story, url: str) -> None:
    outcome, clock = story.outcome, story.clock
    code = outcome.copied_code
    async with (
        await _enrol(story, url, "203.0.113.7", NEAR_ACCOUNT) as near,
        await _enrol(story, url, "198.51.100.23", FAR_ACCOUNT) as far,
    ):
        clock.back_ms = 25 * MINUTE_MS
        page = await near.sign_and_scan(code, NEAR, clock())
        outcome.expect_verdict("near", page, "authentic")
        story.report_step("Scanned", f"in Buôn Ma Thuột: {page['verdict']}")

        clock.back_ms = 0
        # The clock leapt, so the resolver calls its state old until it has read the ledger again.
        await asyncio.sleep(2 * story.settings.resolver.refresh_seconds)
        page = await far.sign_and_scan(code, FAR, clock())
        outcome.expect_verdict("far", page, "suspect")
        reasons = ", ".join(str(reason) for reason in page.get("reasons", []))
        story.report_step("Copied", f"in Hà Nội, 25 minutes later: {page['verdict']} ({reasons})")

        inspector = story.act_as(LAN)
        raised = (await alerts.list_alerts(inspector)).items
        outcome.alert = raised[0].id if raised else None
        outcome.expect("alerts", len(raised), 1)
        story.report_step("Alert", f"number {outcome.alert}, for an inspector to judge")

        proposal = await recalls.propose_recall(
            inspector, lot=COPIED_LOT, reason="counterfeit", key="demo recall"
        )
        await proposals.approve_proposal(story.act_as(MINH), proposal.id)
        start = time.monotonic()
        page = await near.open_page(code)
        while page.get("verdict") != "recalled" and time.monotonic() - start < 5:
            await asyncio.sleep(0.02)
            page = await near.open_page(code)
        outcome.expect_verdict("recalled", page, "recalled")
        took = (time.monotonic() - start) * 1000
        story.report_step("Recalled", f"lot {COPIED_LOT}: every page says so {took:.0f} ms later")
