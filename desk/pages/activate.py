"""A packer's main page: activate a roll. Asked, checked, confirmed with one large button."""

from dataclasses import dataclass

from aiohttp import web

from desk import scope, work
from desk.access import Access
from desk.call import Call
from desk.errors import MalformedBody
from desk.pages.render import Writer
from desk.roles import Permission
from desk.routes import Route
from stamps import serial_range
from stamps.errors import VeritemError
from stamps.lifecycle import State, Transition
from stamps.spans import Change, SpanOutOfRange, fold_transition

_FORM = ("application/x-www-form-urlencoded",)
_MOST_LOTS = 30


@dataclass(frozen=True)
class Wanted:
    """What stands in the form: texts as they were typed."""

    batch: str = ""
    first: str = ""
    last: str = ""
    lot: str = ""

    def read(self) -> tuple[int, int, int]:
        """The stamps `[lo, hi)` of a batch. Raises `MalformedRange`."""
        run = serial_range.parse_serial_range(f"{self.batch}·{self.first}-{self.last}")
        assert run.hi is not None  # noqa: S101 - the form has a last number
        return run.batch, run.lo, run.hi


class Activate:
    """The pages of an activation."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def ask(self, call: Call) -> web.StreamResponse:
        """Which roll, for which lot."""
        asked = call.query
        return await self._form(
            call,
            Wanted(*(asked.get(name, "") for name in ("batch", "first", "last", "lot"))),
        )

    async def check(self, call: Call) -> web.StreamResponse:
        """Show what would be activated, or what stands in the way; nothing transitions yet."""
        wanted = _wanted(call)
        try:
            number, lo, hi = wanted.read()
            batch = await scope.batch_for(call.ledger, call.staff, number)
            lot = await scope.lot_for(call.ledger, call.staff, wanted.lot)
            spans = await call.ledger.transitions.spans(number)
            if hi > batch.count:
                raise SpanOutOfRange(batch=number, lo=lo, hi=hi, count=batch.count)
            fold_transition(
                spans, Change(Transition.ACTIVATE, lo, hi, call.parts.clock(), lot.code)
            )
        except VeritemError as refusal:
            return await self._form(call, wanted, refusal)
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "activate_sure.html",
            writer.words("activate.sure"),
            wanted=wanted,
            run=serial_range.format_serial_range(number, lo, hi),
            count=hi - lo,
            lot=lot,
        )

    async def go(self, call: Call) -> web.StreamResponse:
        """Activate, and offer the next roll of the same length."""
        wanted = _wanted(call)
        try:
            number, lo, hi = wanted.read()
            asked = work.TransitionRequest(
                Transition.ACTIVATE,
                roll=serial_range.format_serial_range(number, lo, hi),
                lot=wanted.lot or None,
            )
            (moved,) = await work.transition(call, asked, call.own_key(call.fields.get("key", "")))
            batch = await call.ledger.batches.get(number)
        except VeritemError as refusal:
            return await self._form(call, wanted, refusal)
        writer = Writer(call, self._access.sessions)
        count = hi - lo
        title = writer.words.plural("activate.done", count)
        following = None
        if hi < batch.count:
            following = Wanted(
                wanted.batch, str(hi), str(min(hi + count, batch.count) - 1), wanted.lot
            )
        return writer.page(
            "activate_done.html",
            title,
            moved=moved,
            count=count,
            following=following,
            again=moved.repeated,
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        needed = (Permission.ACTIVATE,)
        return (
            Route("GET", "/activate", self.ask, "activate.title", needed),
            Route("POST", "/activate", self.check, "activate.title", needed, media=_FORM),
            Route("POST", "/activate/go", self.go, "activate.title", needed, media=_FORM),
        )

    async def _form(
        self, call: Call, wanted: Wanted, refusal: VeritemError | None = None
    ) -> web.Response:
        batches = []
        for batch in await scope.batches_for(call.ledger, call.staff):
            balance = await call.ledger.transitions.balance(batch.number)
            if balance.states[State.PRINTED]:
                batches.append((batch, balance.outstanding))
        lots = [lot for lot in await scope.lots_for(call.ledger, call.staff) if not lot.missing]
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "activate.html",
            writer.words("activate.title"),
            refusal=refusal,
            wanted=wanted,
            batches=batches,
            lots=lots[:_MOST_LOTS],
        )


def _wanted(call: Call) -> Wanted:
    names = ("batch", "first", "last", "lot")
    wanted = Wanted(*(call.fields.get(name, "") for name in names))
    if not wanted.batch:
        raise MalformedBody(field="batch", why="is missing")
    return wanted
