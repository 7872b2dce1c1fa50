"""The desk at run time: its dependencies with the state that requests share."""

import asyncio
from dataclasses import dataclass

from desk.auth.authenticator import Authenticator
from desk.dependencies import DeskDependencies
from desk.forms import flash
from desk.forms.drafts import DraftStore
from desk.forms.flash import FlashCookies
from services.alerts.case_handling import CasePhotos
from services.alerts.detection_reviews import ReviewRunner
from services.attempt_budget import AttemptBudget
from services.batches.bundle_store import BundleStore
from services.batches.download_links import DownloadLinks
from services.batches.print_proofs import ProofReader
from services.codes.code_evidence import EvidenceShelf
from services.exports.export_runner import DataExportRunner
from services.field.field_checks import OwnHostsCache
from services.field.field_snapshots import SnapshotMaker
from services.figures.keeper import FigureKeeper
from services.lots.photos import PhotoShelf
from services.privacy.personal_data import Retention
from services.record.capture_intake import CaptureIntake
from services.record.event_captures import CaptureRunner
from services.reports.report_intake import ReportIntake
from services.sign_in import SignInBudgets
from web.i18n import Language
from web.request_turns import RequestTurns


@dataclass(frozen=True, slots=True)
class DeskRuntime:
    """One running desk."""

    dependencies: DeskDependencies
    authenticator: Authenticator
    bundles: BundleStore
    links: DownloadLinks
    proofs: ProofReader
    photos: PhotoShelf
    case_photos: CasePhotos
    evidence: EvidenceShelf
    budgets: SignInBudgets
    token_requests: AttemptBudget
    """Requests of the API, by token."""
    turns: RequestTurns
    drafts: DraftStore
    flashes: FlashCookies
    exports: asyncio.Semaphore
    """Exports of lists at one time."""
    intake: ReportIntake
    field_snapshots: SnapshotMaker
    reviews: ReviewRunner
    captures: CaptureRunner
    capture_intake: CaptureIntake
    data_exports: DataExportRunner
    entry_shells: dict[Language, bytes]
    """The rendered shell of the form of entries, by language."""
    figures: FigureKeeper
    own_hosts: OwnHostsCache
    field_budget: AttemptBudget
    """Checks in the field, by account."""
    standing_budget: AttemptBudget
    """Phones that ask without a session whether they were shut out, by network."""

    @property
    def retention(self) -> Retention:
        """The days for which personal data is kept."""
        settings = self.dependencies.settings
        return Retention(**{name: getattr(settings, name) for name in Retention.__slots__})

    @property
    def flash_cookie_name(self) -> str:
        """The name of the cookie that carries a message to the next page."""
        return self.authenticator.cookie_prefix + flash.COOKIE_NAME
