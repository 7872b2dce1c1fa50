"""Seeding: the people of the sandbox do their work, through the same services as real ones.

Each acts with an account of its own, at a time in the past. The seeding writes into a folder that
gets its name when it is complete, so a process that dies leaves nothing that is half a sandbox.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from cli.founders import DEMO_FOUNDERS
from cli.sandbox.diaries import tell_diaries, tell_journey
from cli.sandbox.folder import Ports
from cli.sandbox.lots import (
    DURIAN_LOTS,
    FISH_LOTS,
    HOUR_MS,
    STAMPS_OF_LOT,
    SandboxLot,
    make_lots,
)
from cli.sandbox.portal import HOST
from cli.sandbox.province import (
    AUTHORITY,
    DURIAN,
    DURIAN_PACKER,
    FISH,
    FISH_PACKER,
    GS1_PREFIX,
    ORGANISATIONS,
    PEOPLE,
    PLACES,
    PRESS,
    PRODUCTS,
    make_code_records,
)
from issuer import Issuer
from ledger import Ledger, NewAccount
from ledger.accounts.account_rows import DEMO_ROLE
from ledger.storage.secret_seal import SecretSeal
from services import Actor, ServiceContext
from services.accounts import accounts
from services.batches import batches, print_reports
from services.batches.batches import BatchRequest
from services.cartons import cartons
from services.codes import registered_codes
from services.links import key_owners, link_sets
from services.links.link_sets import LinkSetRequest
from services.lots import lot_reviews, lots
from services.notices.webhooks import PORTAL_EVENT, WebhookRequest, add_webhook, list_choices
from services.orders import orders
from services.orders.orders import OrderRequest
from services.organisations import places, registry
from services.proposals import proposals
from services.stamps import activation, recalls
from stamps.vietnam_time import DAY_MS
from traceability.code_record import parse_code_record
from traceability.links.link_set import LinkTarget

LAN, MINH = DEMO_FOUNDERS[0].id, DEMO_FOUNDERS[1].id
TOKEN_DAYS: Final = 365
RECALLED: Final = "SR-003"
"""The lot that is recalled."""
_UNPUBLISHED: Final = 8
"""Lots, the newest, whose records wait for review, were returned, or were not submitted."""
_CARTON_STAMPS: Final = 20
_CARTONS: Final = 4
"""Cartons of the first published lot, which stand on one pallet."""
_PREFIXES: Final = {DURIAN_PACKER: (DURIAN, "SR"), FISH_PACKER: (FISH, "CL")}

ReportProgress = Callable[[int, int], None]


@dataclass
class Seeding:
    """The state of one seeding."""

    ledger: Ledger
    issuer: Issuer
    seal: SecretSeal
    now: int
    stamp_host: str
    ports: Ports
    report: ReportProgress
    tokens: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    webhook_secrets: dict[str, str] = field(default_factory=dict)
    """Secrets of the portal's webhooks, by path."""
    batches: dict[str, int] = field(default_factory=dict)
    """Numbers of batches by product."""
    _actors: dict[str, Actor] = field(default_factory=dict)
    _keys: int = 0

    async def run(self) -> list[SandboxLot]:
        """Do everything but scans; answers the lots."""
        made = make_lots(self.now)
        steps = len(made) + 6
        done = 0
        for step in (
            self._found,
            self._register,
            self._write_diaries,
            self._issue_stamps,
            self._connect,
        ):
            await step()
            done += 1
            self.report(done, steps)
        for lot in made:
            await self._pack(lot, is_published=lot.number < len(made) - _UNPUBLISHED)
            done += 1
            self.report(done, steps)
        await self._leave_for_review(made[-_UNPUBLISHED:])
        await self._pack_cartons(made[0])
        await self._recall()
        self.report(steps, steps)
        return made

    def act_as(self, account: str, at: int) -> ServiceContext:
        """The context of an account that acts at a time."""
        return ServiceContext(self.ledger, self._actors[account], lambda: at, self.issuer)

    def act_for(self, organisation: str, at: int) -> ServiceContext:
        """The context of the first account of an organisation."""
        account = next(one.account for one in PEOPLE if one.organisation == organisation)
        return self.act_as(account, at)

    def _make_key(self) -> str:
        self._keys += 1
        return f"sandbox-{self._keys}"

    async def _found(self) -> None:
        """Found the two accounts, and add organisations and people with their tokens."""
        at = self.now - 120 * DAY_MS
        await accounts.found_accounts(self.ledger, DEMO_FOUNDERS, is_demo=True, at=at)
        self._actors |= {name: Actor(name, DEMO_ROLE) for name in (LAN, MINH)}
        self.passwords |= {one.id: one.password for one in DEMO_FOUNDERS}
        lan, minh = self.act_as(LAN, at), self.act_as(MINH, at)
        for organisation in ORGANISATIONS:
            await registry.add_organisation(minh, organisation)
        for person in PEOPLE:
            password = secrets.token_urlsafe(12)
            wanted = NewAccount(
                person.account,
                person.name,
                password,
                role=person.role,
                organisation=person.organisation,
            )
            _, proposal = await accounts.add_account(lan, wanted, f"sandbox {person.account}")
            await proposals.approve_proposal(minh, proposal.id)
            self._actors[person.account] = Actor.of_staff(
                await self.ledger.staff.get(person.account)
            )
            self.passwords[person.account] = password
        for account in self.passwords:
            # No session asks, so nobody has to prove who they are: the account was made just now.
            _, self.tokens[account] = await self.ledger.tokens.create(
                account,
                label="sandbox",
                actor=account,
                expires_at=self.now + TOKEN_DAYS * DAY_MS,
                at=self.now,
            )

    async def _register(self) -> None:
        """Register products, places, codes and GS1 keys."""
        minh = self.act_as(MINH, self.now - 110 * DAY_MS)
        for product in PRODUCTS:
            await registry.add_product(minh, product)
        for place in PLACES:
            await places.add_place(minh, place)
        for record in make_code_records():
            await registered_codes.add_code(minh, parse_code_record(record))
        await key_owners.change_key_owner(
            minh, DURIAN_PACKER, [GS1_PREFIX], ["krongpac.example.com"]
        )
        home = "https://krongpac.example.com"
        links = (
            LinkTarget("pip", f"{home}/sau-rieng", "Sầu riêng Ri6 Krông Pắc", ("vi",)),
            LinkTarget("pip", f"{home}/en/durian", "Krông Pắc Ri6 durian", ("en",)),
            LinkTarget("certificationInfo", f"{home}/vietgap", "VietGAP", ("vi",)),
            LinkTarget("traceability", f"{home}/nhat-ky", "Nhật ký canh tác", ("vi",)),
        )
        await link_sets.add_link_set(
            self.act_for(DURIAN_PACKER, self.now - 100 * DAY_MS),
            LinkSetRequest("(01)08935000000014", "Sầu riêng Ri6", links),
        )

    async def _write_diaries(self) -> None:
        await tell_diaries(self.act_for, self.now)

    async def _issue_stamps(self) -> None:
        """Order, issue and print a batch for each product."""
        for packer, (product, name) in _PREFIXES.items():
            count = (DURIAN_LOTS if product == DURIAN else FISH_LOTS) * STAMPS_OF_LOT
            request = OrderRequest(
                count,
                "sealed",
                id=f"{name}-2026-1",
                product=product,
                print_house=PRESS,
                is_another=True,
            )
            order = await orders.request_order(
                self.act_for(packer, self.now - 20 * DAY_MS), request, self._make_key()
            )
            lien = self.act_as("so-lien", self.now - 19 * DAY_MS)
            await orders.approve_order(lien, order.id)
            batch = await batches.issue_batch(
                self.act_as("cap-tem", self.now - 18 * DAY_MS),
                BatchRequest(order=order.id, host=self.stamp_host),
                self._make_key(),
            )
            self.batches[product] = batch.number
            spoiled = f"spoiled,{count - 2},{count - 1},misprint\n" if product == FISH else ""
            good = count - 2 if spoiled else count
            report = f"state,first,last,reason\nprinted,0,{good - 1},\n{spoiled}"
            await print_reports.apply_print_report(
                self.act_for(PRESS, self.now - 15 * DAY_MS),
                str(batch.number),
                report.encode(),
                self._make_key(),
            )
        waits = OrderRequest(
            500, "sealed", product=DURIAN, print_house=PRESS, note="Vụ Tết", is_another=True
        )
        buyer = self.act_for(DURIAN_PACKER, self.now - 2 * HOUR_MS)
        await orders.request_order(buyer, waits, self._make_key())

    async def _connect(self) -> None:
        """Connect the portal: records of the province, and what a packer is told."""
        root = f"https://{HOST}:{self.ports.portal}"
        for organisation, path, form in (
            (AUTHORITY, "/tinh", "ten_items"),
            (DURIAN_PACKER, "/htx", None),
        ):
            context = self.act_for(organisation, self.now - 12 * DAY_MS)
            events = [PORTAL_EVENT] if form else await list_choices(context, organisation)
            request = WebhookRequest(organisation, root + path, events, "Cổng thử nghiệm", form)
            made = await add_webhook(context, self.seal, request)
            self.webhook_secrets[path] = made.secret

    async def _pack(self, lot: SandboxLot, *, is_published: bool) -> None:
        """Tell a lot from harvest to shop, bind its stamps, and publish its record."""
        packed = lot.packed_at
        await tell_journey(self.act_for, lot, self.now)
        packer = self.act_for(lot.house.packer, packed + HOUR_MS)
        await lots.put_lot(packer, lot.make_document())
        await activation.activate_range(packer, self.find_stamps(lot), lot.code, self._make_key())
        if is_published:
            sent = await lot_reviews.submit_version(packer, lot.code, 1)
            review = self.act_as("so-lien", packed + 3 * HOUR_MS)
            await lot_reviews.approve_version(review, sent.id)

    def find_stamps(self, lot: SandboxLot, count: int = STAMPS_OF_LOT, first: int = 0) -> str:
        """The serial range of stamps of a lot. The last two stamps of the fish were spoiled."""
        number = int(lot.code[-3:]) - 1
        start = number * STAMPS_OF_LOT + first
        last = start + count - 1
        if lot.product == FISH:
            last = min(last, FISH_LOTS * STAMPS_OF_LOT - 3)
        return f"{self.batches[lot.product]}·{start}-{last}"

    async def _leave_for_review(self, newest: list[SandboxLot]) -> None:
        """Of the newest lots, four wait for review, two were returned, two were not submitted."""
        for place, lot in enumerate(newest[:6]):
            packer = self.act_for(lot.house.packer, self.now - 3 * HOUR_MS)
            sent = await lot_reviews.submit_version(packer, lot.code, 1)
            if place >= 4:
                await lot_reviews.return_version(
                    self.act_as("so-dung", self.now - 2 * HOUR_MS),
                    sent.id,
                    "Ảnh bao bì chưa rõ, đề nghị bổ sung.",
                )

    async def _pack_cartons(self, lot: SandboxLot) -> None:
        """Pack the stamps of a lot into cartons, and the cartons onto a pallet."""
        packer = self.act_for(lot.house.packer, self.now - 2 * HOUR_MS)
        labels = [f"T-{number:06}" for number in range(1, _CARTONS + 1)]
        for number, label in enumerate(labels):
            stamps = self.find_stamps(lot, _CARTON_STAMPS, number * _CARTON_STAMPS)
            await cartons.pack(packer, label, [stamps], self._make_key())
        await cartons.pack(packer, "P-000001", labels, self._make_key())

    async def _recall(self) -> None:
        """Recall a lot, as two people."""
        at = self.now - HOUR_MS
        proposal = await recalls.propose_recall(
            self.act_as("thanh-tra", at), lot=RECALLED, reason="food-safety", key=self._make_key()
        )
        await proposals.approve_proposal(self.act_as("so-lien", at), proposal.id)

    def describe_access(self) -> dict[str, Any]:
        """Accounts with passwords and tokens."""
        people = {one.account: one for one in PEOPLE}
        return {
            account: {
                "name": people[account].name if account in people else account.capitalize(),
                "role": self._actors[account].role,
                "organisation": self._actors[account].organisation,
                "password": password,
                "token": self.tokens[account],
            }
            for account, password in self.passwords.items()
        }
