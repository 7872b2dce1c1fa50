"""`/figures`: what the service tells everybody about itself; the same for all for an hour.

It reads published documents alone (`ledger.figures.public`), once in five minutes and language, so
a flood of requests costs no query and no rendering.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import cached_page_response, static_response
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.pages.fragment import Piece
from web.i18n import Language

_FRESH_MS: Final = 300_000
_MOST_QUARTERS: Final = 4


class FigureHandler:
    """Answers requests for the public figures."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._documents: Sequence[Mapping[str, Any]] = ()
        self._read_at: int | None = None
        self._pages: dict[Language, Sequence[Piece]] = {}
        self._json = b""
        self._reading = asyncio.Lock()

    async def respond(self, request: Request) -> Response:
        """The page, or JSON when asked."""
        await self._refresh()
        preferences = self._context.negotiate(request)
        if preferences.json:
            return static_response(self._json, "application/json")
        language = preferences.language
        if language not in self._pages:
            self._pages[language] = self._context.pages.render_figures(self._documents, language)
        return cached_page_response(self._pages[language], gzip=preferences.gzip)

    async def _refresh(self) -> None:
        if not self._is_stale():
            return
        async with self._reading:
            if not self._is_stale():
                return
            ledger = self._context.dependencies.ledger
            self._documents = await ledger.public_figures.list_last(_MOST_QUARTERS)
            self._json = orjson.dumps({"quarters": list(self._documents)})
            self._pages = {}
            self._read_at = self._context.clock()

    def _is_stale(self) -> bool:
        return self._read_at is None or self._context.clock() - self._read_at > _FRESH_MS
