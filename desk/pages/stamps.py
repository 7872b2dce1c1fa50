"""Stamps looked up by roll number or code: how they stand, their history, and what may be done."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk import work
from desk.access import Access
from desk.call import Call
from desk.errors import MalformedBody
from desk.pages.render import Writer
from desk.roles import MOVES, Permission, may
from desk.routes import Route
from stamps import roll
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, Move, allowed_from

_FORM: Final = ("application/x-www-form-urlencoded",)
_OFFERED: Final = (Move.SUSPEND, Move.RELEASE, Move.RECALL, Move.VOID)
_FINAL: Final = frozenset({Move.RECALL, Move.VOID})
"""Moves that nothing undoes; the form wants a tick for them."""
_MOST: Final = 100


class Stamps:
    """The pages of stamps."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def look(self, call: Call) -> web.StreamResponse:
        """Ask for a roll number or code, and show those stamps."""
        try:
            return await self._page(call, call.query.get("q", "").strip())
        except VeritemError as refusal:
            return await self._page(call, "", refusal)

    async def act(self, call: Call) -> web.StreamResponse:
        """Move the stamps that are shown."""
        fields = call.fields
        asked = fields.get("q", "")
        try:
            if fields.get("move") not in {str(move) for move in _OFFERED}:
                raise MalformedBody(field="move", why="is not offered here")
            move = Move(fields["move"])
            if move in _FINAL and fields.get("sure") != "yes":
                words = Writer(call, self._access.sessions).words
                return await self._page(call, asked, note=words("stamps.unsure"), status=422)
            moved = await work.move(
                call,
                work.Asked(move, fields.get("reason"), roll=asked),
                call.own_key(fields.get("key", "")),
            )
        except VeritemError as refusal:
            return await self._page(call, asked, refusal)
        count = sum(one.hi - one.lo for one in moved)
        where = f"/stamps?{urlencode({'q': asked, 'done': count})}"
        return web.Response(status=303, headers={"Location": where})

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        see = (Permission.STAMP_SEE,)
        return (
            Route("GET", "/stamps", self.look, "stamps.title", see),
            Route("POST", "/stamps", self.act, "stamps.act", tuple(MOVES.values()), media=_FORM),
        )

    async def _page(
        self,
        call: Call,
        asked: str,
        refusal: VeritemError | None = None,
        note: str | None = None,
        status: int = 200,
    ) -> web.Response:
        writer = Writer(call, self._access.sessions)
        typed = asked or call.query.get("q", "")
        done = call.query.get("done", "")
        if done.isascii() and done.isdigit() and len(done) < 9:
            note = writer.words("stamps.done", count=writer.n(int(done)))
        found = None
        if asked:
            looked = await work.look_up(call, asked)
            number, lo, hi = looked.batch.number, looked.lo, looked.hi
            spans = [s for s in await call.ledger.moves.spans(number) if s.lo < hi and lo < s.hi]
            moves = [m for m in await call.ledger.moves.of(number) if m.lo < hi and lo < m.hi]
            states = {span.state for span in spans}
            found = {
                "run": roll.write(number, lo, hi),
                "spans": [(s, max(s.lo, lo), min(s.hi, hi)) for s in spans[:_MOST]],
                "moves": list(reversed(moves[-_MOST:])),
                "offers": [
                    (str(move), REASONS[move], move in _FINAL)
                    for move in _OFFERED
                    if may(call.staff.role, MOVES[move]) and states <= allowed_from(move)
                ],
            }
        return writer.page(
            "stamps.html",
            writer.words("stamps.title"),
            status=status,
            refusal=refusal,
            asked=typed,
            found=found,
            note=note,
        )
