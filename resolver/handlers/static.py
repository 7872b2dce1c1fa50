"""What is the same for everybody: home, robots, the published keys, the GS1 description, health."""

from typing import Final

import orjson

from resolver.errors import NotRecorded, Unavailable
from resolver.handlers.context import Service
from resolver.http import replies
from resolver.http.negotiation import language_of
from resolver.http.request import Request
from resolver.http.response import Response

_ROBOTS: Final = (
    b"User-agent: *\nDisallow: /S/\nDisallow: /s/\nDisallow: /01/\nDisallow: /v1/\nAllow: /$\n"
)


class Fixed:
    """Answers what does not depend on a stamp."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def home(self, request: Request) -> Response:
        """Where a code is typed by hand."""
        return replies.page(request, self._service.pages.home(language_of(request)))

    async def robots(self, _: Request) -> Response:
        """Crawlers have no business with stamps (and those who come anyway are only visits)."""
        return replies.lasting(_ROBOTS, "text/plain; charset=utf-8")

    async def keys(self, _: Request) -> Response:
        """The issuer's public keys, a JWK set (RFC 7517): signed stamps are checked offline."""
        jwks = self._service.dependencies.public_keys.to_jwks()
        return replies.lasting(orjson.dumps(jwks), "application/jwk-set+json")

    async def gs1(self, _: Request) -> Response:
        """The resolver description file of the GS1-Conformant resolver standard."""
        description = {
            "name": "Veritem",
            "resolverRoot": self._service.settings.public_url,
            "supportedPrimaryKeys": ["01"],
            "linkTypeDefaultCanBeLinkset": False,
            "supportedLinkType": [{"namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:"}],
        }
        return replies.lasting(orjson.dumps(description), "application/json")

    async def live(self, _: Request) -> Response:
        """The process answers."""
        return replies.document({"status": "live"})

    async def ready(self, _: Request) -> Response:
        """Whether scans can be taken in full: ledger, memory and journal; 503 where not."""
        parts = self._service.dependencies
        state = {"ledger": "stale" if parts.batch_cache.is_stale(parts.clock()) else "ok"}
        try:
            await parts.history_store.check()
            state["memory"] = "ok"
        except Unavailable:
            state["memory"] = "down"
        try:
            await parts.journal.check()
            state["journal"] = "ok"
        except NotRecorded:
            state["journal"] = "down"
        good = all(value == "ok" for value in state.values())
        return replies.document(
            {"status": "ready" if good else "degraded", **state}, 200 if good else 503
        )
