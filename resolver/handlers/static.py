"""Handlers without a stamp: home, robots, public keys, the GS1 description, health."""

from typing import Final

import orjson

from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import json_response, page_response, static_response
from resolver.http.request import Request
from resolver.http.response import Response
from traceability.gs1_keys import QUALIFIERS
from traceability.links.link_types import PREFIX, VOCABULARY
from traceability.links.linkset_document import CONTEXT

_ROBOTS: Final = (
    b"User-agent: *\nDisallow: /S/\nDisallow: /s/\nDisallow: /01/\nDisallow: /r/\n"
    b"Disallow: /v1/\nAllow: /$\n"
)


class StaticHandlers:
    """Answers requests for what does not depend on a stamp."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context

    async def home(self, request: Request) -> Response:
        """The page on which a code is typed."""
        preferences = self._context.negotiate(request)
        pieces = self._context.pages.render_home(preferences.language)
        return page_response(pieces, gzip=preferences.gzip)

    async def robots(self, _: Request) -> Response:
        """Keeps crawlers off the stamps. Those that come anyway are visits, never scans."""
        return static_response(_ROBOTS, "text/plain; charset=utf-8")

    async def public_keys(self, _: Request) -> Response:
        """The issuer's public keys as a JWK set (RFC 7517), to check signed stamps offline."""
        jwks = self._context.dependencies.public_keys.to_jwks()
        return static_response(orjson.dumps(jwks), "application/jwk-set+json")

    async def gs1_description(self, _: Request) -> Response:
        """The resolver description file of the GS1-Conformant resolver standard."""
        description = {
            "name": "Veritem",
            "resolverRoot": self._context.settings.public_url,
            "supportedPrimaryKeys": sorted(QUALIFIERS),
            "jsonLdContextLocation": CONTEXT,
            "linkTypeDefaultCanBeLinkset": False,
            "supportedLinkType": [{"namespace": VOCABULARY, "prefix": PREFIX}],
        }
        return static_response(orjson.dumps(description), "application/json")

    async def live(self, _: Request) -> Response:
        """The process answers."""
        return json_response({"status": "live"})

    async def ready(self, _: Request) -> Response:
        """Whether scans can be taken in full: ledger, history store and journal; 503 where not.

        The claim service is shown too; without it scans are still taken, so the process is ready.
        Says what the monitor found last: a request costs no check.
        """
        dependencies, health = self._context.dependencies, self._context.health
        is_stale = dependencies.batch_cache.is_stale(dependencies.clock())
        checks = {"ledger": "stale" if is_stale else "ok"}
        for name in ("history", "journal"):
            checks[name] = "ok" if health.is_up(name) else "down"
        is_ready = all(value == "ok" for value in checks.values())
        checks["claims"] = "ok" if health.is_up("claims") else "down"
        status = "ready" if is_ready and checks["claims"] == "ok" else "degraded"
        return json_response({"status": status, **checks}, 200 if is_ready else 503)
