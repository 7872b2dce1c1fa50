"""What all handlers share: the way, the pages, the tokens, the limits, the counts."""

from resolver.counts import Counts
from resolver.limits import NetworkLimit
from resolver.pages import Pages
from resolver.parts import ResolverParts
from resolver.pseudonyms import Pseudonyms
from resolver.signatures import Signatures
from resolver.tokens import Tokens
from resolver.way import Way
from resolver.web.asking import Clients
from resolver.web.request import Request


class Service:
    """One process's public service."""

    def __init__(self, parts: ResolverParts) -> None:
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
        self.counts = Counts()
        self.way = Way(
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
