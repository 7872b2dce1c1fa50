"""Objects that the handlers of one process share: scan service, pages, tokens, limits, metrics."""

from functools import lru_cache

from detection.user_agent import AgentClassifier
from ledger.clock import SteadyClock
from resolver.claim_times import ClaimTimes
from resolver.dependencies import ResolverDependencies
from resolver.dependency_health import Check, HealthMonitor, in_turn
from resolver.enrolled import DeviceDirectory
from resolver.http.negotiation import ClientLocator, preferences_of
from resolver.http.request import Request
from resolver.links.directory import LinkDirectory
from resolver.metrics import Metrics, clock_family
from resolver.pages import Pages
from resolver.privacy.pseudonyms import Pseudonyms
from resolver.privacy.rate_limit import NetworkLimit
from resolver.privacy.report_budget import ReportBudget
from resolver.privacy.tokens import ScanTokens
from resolver.redis.server_settings import to_family
from resolver.scan_service import ScanService
from resolver.signatures import SignatureVerifier
from stamps.timestamps import format_rfc3339
from web.request_parsing import Negotiator, Preferences


class HandlerContext:
    """The parts of the public service that more than one handler uses."""

    def __init__(self, dependencies: ResolverDependencies) -> None:
        settings, clock = dependencies.settings, dependencies.clock
        self.dependencies = dependencies
        self.settings = settings
        self.clock = clock
        self.pages = Pages(settings.hotline, settings.authority, is_sandbox=settings.sandbox)
        self.tokens = ScanTokens(dependencies.secret, settings.token_seconds)
        self.pseudonyms = Pseudonyms(dependencies.secret)
        self.proxies = settings.make_proxies()
        self.locator = ClientLocator(self.proxies, settings.country_header)
        self.unknown_limit = self._limit("unknown", settings.unknown_per_minute)
        self.link_limit = self._limit("links", settings.unknown_per_minute)
        self.write_limit = self._limit("writes", settings.writes_per_minute)
        self.report_budget = ReportBudget(
            dependencies.request_counter, clock, secret=dependencies.secret
        )
        self.agents = AgentClassifier()
        self.metrics = Metrics()
        self.format_time = lru_cache(maxsize=1024)(format_rfc3339)
        self.claim_times = ClaimTimes(dependencies.ledger)
        self.scan_service = ScanService(
            dependencies.keys,
            SignatureVerifier(dependencies.public_keys),
            dependencies.batch_cache,
            dependencies.history_store,
            dependencies.scan_commit,
            dependencies.current_rules,
            self.claim_times,
            dependencies.scan_weigher,
        )
        checks: dict[str, Check] = {
            "ledger": dependencies.batch_cache.check,
            "history": dependencies.history_store.check,
            "journal": dependencies.journal.check,
            "claims": dependencies.claims.check,
            "limits": dependencies.request_counter.check,
        }
        redis = dependencies.evidence_settings
        for name, evidence in redis.items():
            checks[name] = in_turn(checks[name], evidence.check)
        self.health = HealthMonitor(checks)
        self.metrics.families.append(lambda: to_family(redis))
        self.metrics.families.append(self.health.to_family)
        if isinstance(clock, SteadyClock):
            self.metrics.families.append(lambda: clock_family(clock))
        self.devices = DeviceDirectory(dependencies.ledger)
        self.links = LinkDirectory(dependencies.ledger, clock)
        for follower in (self.devices.forget_changed, self.links.forget_changed):
            dependencies.batch_cache.add_follower(follower)
        self._negotiator = Negotiator()
        self.metrics.gauges["veritem_journal_waiting"] = (
            "Scans that wait to be durable",
            lambda: dependencies.journal.waiting,
        )
        self.metrics.gauges["veritem_rate_limit_fallbacks"] = (
            "Requests that were counted per process because Redis did not answer",
            lambda: dependencies.request_counter.fallbacks,
        )
        self.metrics.families.append(dependencies.batch_cache.change_times.to_family)
        self.metrics.gauges["veritem_ledger_tells"] = (
            "1 while the ledger notifies of changes, 0 while it is polled",
            lambda: dependencies.batch_cache.notifications.is_connected,
        )
        self.metrics.gauges["veritem_ledger_age_seconds"] = (
            "Seconds since the cached batches were last known to be current",
            lambda: (clock() - dependencies.batch_cache.fresh_at) / 1000,
        )

    def negotiate(self, request: Request) -> Preferences:
        """The form of answer that a request wants."""
        return preferences_of(request, self._negotiator)

    async def count_write(self, request: Request) -> None:
        """Count a claim or report of the client's network. Raises `TooManyRequests`."""
        await self.write_limit.count_request(self.locator.network(request))

    def _limit(self, name: str, per_minute: int) -> NetworkLimit:
        deps = self.dependencies
        return NetworkLimit(
            deps.request_counter, deps.clock, secret=deps.secret, name=name, per_minute=per_minute
        )
