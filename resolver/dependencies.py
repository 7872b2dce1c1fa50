"""The dependencies of one process of the public service."""

from dataclasses import dataclass

from ledger import Ledger
from ledger.clock import Clock
from resolver.batch_cache import BatchCache
from resolver.claims import ClaimService
from resolver.current_rules import CurrentRules
from resolver.history import HistoryStore
from resolver.journal import Journal
from resolver.redis.server_settings import EvidenceSettings
from resolver.scan_commit import ScanCommit
from resolver.scan_weights import ScanWeigher
from resolver.settings import ResolverSettings
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from web.request_counter import RequestCounter


@dataclass(frozen=True)
class ResolverDependencies:
    """Dependencies of `run_service`. Processes with one history store share `secret` (32 bytes)."""

    keys: KeyRing
    public_keys: PublicKeys
    ledger: Ledger
    batch_cache: BatchCache
    history_store: HistoryStore
    journal: Journal
    claims: ClaimService
    scan_commit: ScanCommit
    current_rules: CurrentRules
    request_counter: RequestCounter
    evidence_settings: dict[str, EvidenceSettings]
    """The settings of Redis by the dependency that is there: `history`, `journal`."""
    scan_weigher: ScanWeigher
    clock: Clock
    secret: bytes
    settings: ResolverSettings
