"""The ledger: one object with a repository for each kind of fact."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ledger.accounts.devices import Devices
from ledger.accounts.form_drafts import FormDrafts
from ledger.accounts.invitations import Invitations
from ledger.accounts.otp_secrets import OtpSecrets
from ledger.accounts.second_factors import SecondFactors
from ledger.accounts.staff import StaffAccounts
from ledger.accounts.staff_sessions import StaffSessions
from ledger.accounts.tokens import Tokens
from ledger.alerts.alert_handling import AlertHandling
from ledger.alerts.alert_labels import AlertLabels
from ledger.alerts.alerts import Alerts
from ledger.alerts.case_minutes import CaseMinutes
from ledger.alerts.decisions import Decisions
from ledger.alerts.detection_reviews import DetectionReviews
from ledger.alerts.hearings import Hearings
from ledger.audit.audit import Audit
from ledger.audit.chain_proof import ChainProofs
from ledger.batches.batches import Batches
from ledger.batches.print_keys import PrintKeys
from ledger.batches.print_proofs import PrintProofs
from ledger.batches.product_days import ProductDays
from ledger.cartons.cartons import Cartons
from ledger.changes import Changes
from ledger.code_watch.code_watch import CodeWatch
from ledger.codes.code_evidence import CodeEvidence
from ledger.codes.code_imports import CodeImports
from ledger.codes.registered_codes import RegisteredCodes
from ledger.diary.entries import DiaryEntries
from ledger.diary.imports import DiaryImports
from ledger.exports.data_exports import DataExports
from ledger.exports.own_rows import OwnRows
from ledger.field.field_findings import FieldFindings
from ledger.field.field_phones import FieldPhones
from ledger.field.field_snapshots import FieldSnapshots
from ledger.figures.check import FactDifference, check_facts
from ledger.figures.public import PublicFigures
from ledger.figures.reports import FigureReports
from ledger.figures.totals import Figures
from ledger.links.key_owners import KeyOwners
from ledger.links.link_sets import LinkSets
from ledger.lists import Lists
from ledger.lots.lot_drafts import LotDrafts
from ledger.lots.lot_imports import LotImports
from ledger.lots.lot_submissions import LotSubmissions
from ledger.lots.lots import Lots
from ledger.lots.named_photos import NamedPhotos
from ledger.lots.product_lists import ProductLists
from ledger.lots.review_rules import ReviewRules
from ledger.notices.mail_addresses import MailAddresses
from ledger.notices.mail_waiting import MailWaiting
from ledger.notices.mails import Mails
from ledger.notices.notices import Notices
from ledger.notices.webhooks import Webhooks
from ledger.orders.order_quotas import OrderQuotas
from ledger.orders.orders import Orders
from ledger.organisations import registry
from ledger.organisations.actor_invitations import ActorInvitations
from ledger.organisations.invitation_imports import InvitationImports
from ledger.privacy.erasures import Erasures
from ledger.privacy.people import People
from ledger.proposals.proposals import Proposals
from ledger.quality.quality_facts import QualityFacts
from ledger.record.epcis_captures import EpcisCaptures
from ledger.record.epcis_events import EpcisEvents
from ledger.record.epcis_queries import EpcisQueries
from ledger.record.event_windows import EventWindows
from ledger.record.mentions import Mentions
from ledger.reports.consumer_reports import Reports
from ledger.reports.report_contacts import ContactSeal, ReportContacts
from ledger.reports.report_groups import ReportGroups
from ledger.reports.report_photos import ReportPhotos
from ledger.reports.weighed_reports import ReportEvidence
from ledger.scans.scans import Scans
from ledger.scans.stamp_scans import StampScanExcerpts
from ledger.stamps.pin_attempts import Claims
from ledger.stamps.recall_notices import RecallNotices
from ledger.stamps.recall_reach import RecallReaches
from ledger.stamps.transitions import Transitions
from ledger.storage.generations import Generations
from ledger.storage.secret_seal import LoadKeys, no_keys
from ledger.storage.store import Store, uncancellable
from ledger.traces.traced_events import EventTraces
from ledger.traces.traced_lots import TracedLots


def now_ms() -> int:
    """Return the present time: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Ledger:
    """Durable facts on SQLite or PostgreSQL; open it with `open_ledger`.

    Where a method takes `at` (milliseconds since the epoch, UTC), None means the present time of
    the ledger's clock.
    """

    def __init__(self, store: Store, clock: Callable[[], int], otp_keys: LoadKeys) -> None:
        self._store = store
        self.clock = clock
        self.organisations = registry.open_organisations(store, clock)
        self.products = registry.open_products(store, clock)
        self.places = registry.open_places(store, clock)
        self.key_owners = KeyOwners(store, clock)
        self.link_sets = LinkSets(store, clock)
        self.registered_codes = RegisteredCodes(store, clock)
        self.code_evidence = CodeEvidence(store, clock)
        self.code_imports = CodeImports(store, clock)
        self.code_watch = CodeWatch(store, clock)
        self.lot_imports = LotImports(store, clock)
        self.orders = Orders(store, clock)
        self.order_quotas = OrderQuotas(store, clock)
        self.batches = Batches(store, clock)
        self.lots = Lots(store, clock)
        self.recall_notices = RecallNotices(store)
        self.transitions = Transitions(store, clock)
        self.scans = Scans(store)
        self.scan_excerpts = StampScanExcerpts(store)
        self.product_days = ProductDays(store)
        self.figures = Figures(store, clock)
        self.figure_reports = FigureReports(store, clock)
        self.public_figures = PublicFigures(store)
        self.changes = Changes(store)
        self.epcis_events = EpcisEvents(store, clock)
        self.mentions = Mentions(store, clock)
        self.event_traces = EventTraces(store)
        self.traced_lots = TracedLots(store)
        self.diary_entries = DiaryEntries(store, clock)
        self.diary_imports = DiaryImports(store, clock)
        self.cartons = Cartons(store, clock)
        self.epcis_captures = EpcisCaptures(store, clock)
        self.epcis_queries = EpcisQueries(store, clock)
        self.event_windows = EventWindows(store)
        self.field_findings = FieldFindings(store, clock)
        self.field_phones = FieldPhones(store, clock)
        self.field_snapshots = FieldSnapshots(store, clock)
        self.alerts = Alerts(store, clock)
        self.recall_reaches = RecallReaches(store)
        self.alert_handling = AlertHandling(store, clock)
        self.hearings = Hearings(store, clock)
        self.case_minutes = CaseMinutes(store, clock)
        self.decisions = Decisions(store)
        self.alert_labels = AlertLabels(store)
        self.detection_reviews = DetectionReviews(store, clock)
        self.reports = Reports(store, clock)
        contact_seal = ContactSeal(otp_keys)
        self.report_groups = ReportGroups(store, clock, contact_seal)
        self.report_evidence = ReportEvidence(store)
        self.report_contacts = ReportContacts(store, contact_seal)
        self.report_photos = ReportPhotos(store, clock)
        otp = OtpSecrets(otp_keys)
        self.staff = StaffAccounts(store, clock, otp)
        self.tokens = Tokens(store, clock)
        self.invitations = Invitations(store, clock, self.staff)
        self.actor_invitations = ActorInvitations(store, clock, self.staff, otp_keys)
        self.invitation_imports = InvitationImports(store, clock, self.actor_invitations, otp_keys)
        self.staff_sessions = StaffSessions(store, clock)
        self.second_factors = SecondFactors(store, clock, otp)
        self.devices = Devices(store, clock)
        self.proposals = Proposals(store, clock)
        self.audit = Audit(store, clock)
        self.chains = ChainProofs(store)
        self.claims = Claims(store, clock)
        self.form_drafts = FormDrafts(store, clock)
        self.lot_drafts = LotDrafts(store, clock)
        self.lot_submissions = LotSubmissions(store, clock)
        self.product_lists = ProductLists(store, clock)
        self.review_rules = ReviewRules(store, clock)
        self.print_keys = PrintKeys(store, clock)
        self.print_proofs = PrintProofs(store, clock)
        self.named_photos = NamedPhotos(store)
        self.webhooks = Webhooks(store, clock)
        self.notices = Notices(store, clock)
        self.mail_addresses = MailAddresses(store, clock)
        self.mail_waiting = MailWaiting(store, clock)
        self.mails = Mails(store, clock)
        self.generations = Generations(store, clock)
        self.lists = Lists(store)
        self.data_exports = DataExports(store, clock)
        self.own_rows = OwnRows(store)
        self.quality_facts = QualityFacts(store)
        self.erasures = Erasures(store, clock)
        self.people = People(store, clock)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is on SQLite, which has no roles: nothing but this program enforces rules."""
        return self._store.is_sqlite

    @uncancellable
    async def migrate(self, *, restoring: bool = False) -> None:
        """Migrate the tables to this version of Veritem; safe to call at each start.

        Raises `SchemaTooNew`, `MigrationRefused`, and `RestoreUnfinished` unless the caller is
        the restore.
        """
        # Commands and workers that do not migrate start faster without Alembic.
        from ledger.migrations import is_current, upgrade

        # Nobody who holds a lock delays the start of a ledger that needs no migration.
        async with self._store.read() as connection:
            if await connection.run_sync(is_current):
                return
        async with self._store.migrate(restoring=restoring) as connection:
            await connection.run_sync(upgrade)

    async def check_figures(self) -> list[FactDifference]:
        """Compute all figures anew and return those that are kept otherwise; reads everything."""
        return await check_facts(self._store)

    async def close(self) -> None:
        """Close all connections."""
        self.staff.close()
        await self._store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def open_ledger(
    url: str,
    *,
    clock: Callable[[], int] = now_ms,
    system_user: str | None = None,
    otp_keys: LoadKeys = no_keys,
    answer_seconds: float | None = None,
) -> Ledger:
    """Open the ledger at `sqlite:///PATH` (`?mode=ro`: read-only) or `postgresql://…`.

    Nothing is read or written yet; call `migrate()` before the first use of a new ledger.
    `system_user` is the operating system's user at the command line; audit entries name it beside
    the account. `otp_keys` decrypt the secrets of one-time codes and contacts of reports;
    who signs nobody in has none.
    A PostgreSQL connection whose server gives no answer for `answer_seconds` (writes: ten more) is
    cut off; None waits as long as TCP does.
    Raises `UnknownStorage` for any other URL.
    """
    store = Store(url, system_user=system_user, answer_seconds=answer_seconds)
    return Ledger(store, clock, otp_keys)
