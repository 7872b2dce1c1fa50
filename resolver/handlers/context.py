"""What all handlers share: the way, the pages, the tokens, the limits, the counts."""

from resolver.dependencies import ResolverDependencies
from resolver.http.negotiation import Clients
from resolver.http.request import Request
from resolver.metrics import Metrics
from resolver.pages import Pages
from resolver.privacy.pseudonyms import Pseudonyms
from resolver.privacy.rate_limit import NetworkLimit
from resolver.privacy.tokens import Tokens
from resolver.scan_service import ScanService
from resolver.signatures import Signatures


class Service:
    """One process's public service."""

    def __init__(self, parts: ResolverDependencies) -> None:
        settings, clock = parts.settings, parts.clock
        self.parts = parts
        self.settings = settings
        self.clock = clock
        self.pages = Pages(settings.hotline)
        self.tokens = Tokens(parts.secret, settings.token_seconds)
        self.pseudonyms = Pseudonyms(parts.secret)
        self.clients = Clients(settings.trusted_proxies, settings.country_header)
        self.unknown_limit = NetworkLimit(clock, settings.unknown_per_minute)
        self.write_limit = NetworkLimit(clock, settings.writes_per_minute)
        self.counts = Metrics()
        self.way = ScanService(
            parts.keys,
            Signatures(parts.public_keys),
            parts.hot,
            parts.memory,
            parts.counting,
            parts.rules,
        )
        self.counts.gauges["veritem_journal_waiting"] = (
            "Scans that wait to be durable",
            lambda: parts.journal.waiting,
        )
        self.counts.gauges["veritem_ledger_age_seconds"] = (
            "Since when the hot batches were last known to be current",
            lambda: (clock() - parts.hot.fresh_at) / 1000,
        )

    def limited_write(self, request: Request) -> str:
        """The client's network, counted against its claims and reports. Raises `TooMany`."""
        network = self.clients.network(request)
        self.write_limit.take(network)
        return network
