"""What all handlers share: the way, the pages, the tokens, the limits, the counts."""

from resolver.dependencies import ResolverDependencies
from resolver.http.negotiation import Clients
from resolver.http.request import Request
from resolver.metrics import Metrics
from resolver.pages import Pages
from resolver.privacy.pseudonyms import Pseudonyms
from resolver.privacy.rate_limit import NetworkLimit
from resolver.privacy.tokens import ScanTokens
from resolver.scan_service import ScanService
from resolver.signatures import Signatures


class Service:
    """One process's public service."""

    def __init__(self, parts: ResolverDependencies) -> None:
        settings, clock = parts.settings, parts.clock
        self.dependencies = parts
        self.settings = settings
        self.clock = clock
        self.pages = Pages(settings.hotline)
        self.tokens = ScanTokens(parts.secret, settings.token_seconds)
        self.pseudonyms = Pseudonyms(parts.secret)
        self.clients = Clients(settings.trusted_proxies, settings.country_header)
        self.unknown_limit = NetworkLimit(clock, settings.unknown_per_minute)
        self.write_limit = NetworkLimit(clock, settings.writes_per_minute)
        self.metrics = Metrics()
        self.scan_service = ScanService(
            parts.keys,
            Signatures(parts.public_keys),
            parts.batch_cache,
            parts.history_store,
            parts.scan_commit,
            parts.rules,
        )
        self.metrics.gauges["veritem_journal_waiting"] = (
            "Scans that wait to be durable",
            lambda: parts.journal.waiting,
        )
        self.metrics.gauges["veritem_ledger_age_seconds"] = (
            "Since when the hot batches were last known to be current",
            lambda: (clock() - parts.batch_cache.fresh_at) / 1000,
        )

    def limited_write(self, request: Request) -> str:
        """The client's network, counted against its claims and reports. Raises `TooMany`."""
        network = self.clients.network(request)
        self.write_limit.take(network)
        return network
