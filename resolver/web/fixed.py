"""What is the same for everybody: home, robots, the published keys, the GS1 description, health."""

from typing import Final

import orjson

from resolver.errors import NotRecorded, Unavailable
from resolver.web import reply
from resolver.web.asking import language_of
from resolver.web.request import Request
from resolver.web.service import Service
from resolver.web.whole import Whole

_ROBOTS: Final = (
    b"User-agent: *\nDisallow: /S/\nDisallow: /s/\nDisallow: /01/\nDisallow: /v1/\nAllow: /$\n"
)


class Fixed:
    """Answers what does not depend on a stamp."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def home(self, request: Request) -> Whole:
        """Where a code is typed by hand."""
        return reply.page(request, self._service.pages.home(language_of(request)))

    async def robots(self, _: Request) -> Whole:
        """Crawlers have no business with stamps (and those who come anyway are only visits)."""
        return reply.lasting(_ROBOTS, "text/plain; charset=utf-8")

    async def keys(self, _: Request) -> Whole:
        """The issuer's public keys, a JWK set (RFC 7517): signed stamps are checked offline."""
        jwks = self._service.parts.public_keys.to_jwks()
        return reply.lasting(orjson.dumps(jwks), "application/jwk-set+json")

    async def gs1(self, _: Request) -> Whole:
        """The resolver description file of the GS1-Conformant resolver standard."""
        description = {
            "name": "Veritem",
            "resolverRoot": self._service.settings.public_url,
            "supportedPrimaryKeys": ["01"],
            "linkTypeDefaultCanBeLinkset": False,
            "supportedLinkType": [{"namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:"}],
        }
        return reply.lasting(orjson.dumps(description), "application/json")

    async def live(self, _: Request) -> Whole:
        """The process answers."""
        return reply.document({"status": "live"})

    async def ready(self, _: Request) -> Whole:
        """Whether scans can be taken in full: ledger, memory and journal; 503 where not."""
        parts = self._service.parts
        state = {"ledger": "stale" if parts.hot.stale(parts.clock()) else "ok"}
        try:
            await parts.memory.check()
            state["memory"] = "ok"
        except Unavailable:
            state["memory"] = "down"
        try:
            await parts.journal.check()
            state["journal"] = "ok"
        except NotRecorded:
            state["journal"] = "down"
        good = all(value == "ok" for value in state.values())
        return reply.document(
            {"status": "ready" if good else "degraded", **state}, 200 if good else 503
        )
