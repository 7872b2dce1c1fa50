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
from stamps import serial_range
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, Transition, source_states

_FORM: Final = ("application/x-www-form-urlencoded",)
_OFFERED: Final = (Transition.SUSPEND, Transition.RELEASE, Transition.RECALL, Transition.VOID)
_FINAL: Final = frozenset({Transition.RECALL, Transition.VOID})
"""Transitions that nothing undoes; the form wants a tick for them."""
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
        """Transition the stamps that are shown."""
        fields = call.fields
        asked = fields.get("q", "")
        try:
            if fields.get("transition") not in {str(transition) for transition in _OFFERED}:
                raise MalformedBody(field="transition", why="is not offered here")
            transition = Transition(fields["transition"])
            if transition in _FINAL and fields.get("sure") != "yes":
                words = Writer(call, self._access.sessions).words
                return await self._page(call, asked, note=words("stamps.unsure"), status=422)
            moved = await work.transition(
                call,
                work.TransitionRequest(transition, fields.get("reason"), roll=asked),
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
            note = writer.words.plural("stamps.done", int(done))
        found = None
        if asked:
            looked = await work.look_up(call, asked)
            number, lo, hi = looked.batch.number, looked.lo, looked.hi
            spans = [
                s for s in await call.ledger.transitions.spans(number) if s.lo < hi and lo < s.hi
            ]
            transitions = [
                m for m in await call.ledger.transitions.of(number) if m.lo < hi and lo < m.hi
            ]
            states = {span.state for span in spans}
            found = {
                "run": serial_range.format_serial_range(number, lo, hi),
                "spans": [(s, max(s.lo, lo), min(s.hi, hi)) for s in spans[:_MOST]],
                "transitions": list(reversed(transitions[-_MOST:])),
                "offers": [
                    (str(transition), REASONS[transition], transition in _FINAL)
                    for transition in _OFFERED
                    if may(call.staff.role, MOVES[transition])
                    and states <= source_states(transition)
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
