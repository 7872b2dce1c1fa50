"""Batches: where their stamps are, the bundle for the press, and the print house's report."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from desk import scope, work
from desk.access import Access
from desk.api.bundles import download
from desk.bundles import FORMATS, Standing
from desk.call import Call
from desk.errors import NotFound
from desk.pages.render import Writer
from desk.roles import Permission, may
from desk.routes import Route
from ledger import Balance
from printing import BundleFormat
from printing.print_report import LARGEST
from stamps.errors import VeritemError
from stamps.lifecycle import State

_FORM: Final = ("application/x-www-form-urlencoded",)
_REFRESH_SECONDS: Final = 2


class Batches:
    """The pages of batches."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def listed(self, call: Call) -> web.StreamResponse:
        """All batches in one's scope, with how far they are."""
        found = await scope.batches_for(call.ledger, call.staff)
        rows = [(batch, await call.ledger.transitions.balance(batch.number)) for batch in found]
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "batches.html",
            writer.words("batches.title"),
            rows=[(batch, balance, bar(balance)) for batch, balance in rows],
        )

    async def balance(self, call: Call) -> web.StreamResponse:
        """The mass balance of all batches."""
        found = await scope.batches_for(call.ledger, call.staff)
        rows = [await call.ledger.transitions.balance(batch.number) for batch in found]
        writer = Writer(call, self._access.sessions)
        columns: list[tuple[str, Callable[[Balance], int]]] = [
            ("issued", lambda row: row.issued),
            ("printed", lambda row: row.printed),
            ("activated", lambda row: row.activated),
            ("void", lambda row: sum(row.void.values())),
            ("outstanding", lambda row: row.outstanding),
        ]
        return writer.page(
            "balance.html",
            writer.words("balance.title"),
            columns=[name for name, _ in columns],
            rows=[(row, [count(row) for _, count in columns]) for row in rows],
            total=[sum(count(row) for row in rows) for _, count in columns],
        )

    async def show(self, call: Call) -> web.StreamResponse:
        """One batch."""
        return await self._batch(call)

    async def prepare(self, call: Call) -> web.StreamResponse:
        """Begin to write a bundle."""
        batch = await scope.batch_for(call.ledger, call.staff, call.number("batch"))
        form = call.text("format")
        if form not in FORMATS:
            raise NotFound
        try:
            await call.bundler.prepare(batch, form, call.actor)
        except VeritemError as refusal:
            return await self._batch(call, refusal)
        return web.Response(status=303, headers={"Location": f"/batches/{batch.number}"})

    async def report(self, call: Call) -> web.StreamResponse:
        """Take the print house's report, from a file or pasted."""
        content = call.fields.get("file") or call.fields.get("text", "")
        try:
            key = call.own_key(call.fields.get("key", ""))
            done = await work.take_report(call, call.number("batch"), content.encode(), key)
        except VeritemError as refusal:
            return await self._batch(call, refusal, typed=call.fields.get("text", ""))
        writer = Writer(call, self._access.sessions)
        note = writer.words(
            "batches.report_done", printed=writer.n(done.printed), spoiled=writer.n(done.spoiled)
        )
        return await self._batch(call, note=note)

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        see, take = (Permission.BATCH_SEE,), (Permission.BUNDLE_TAKE,)
        bundle = "/batches/{batch:int}/bundles/{format}"
        return (
            Route("GET", "/batches", self.listed, "batches.title", see),
            Route("GET", "/balance", self.balance, "balance.title", (Permission.ORDER_DECIDE,)),
            Route("GET", "/batches/{batch:int}", self.show, "batches.title", see),
            Route("POST", bundle, self.prepare, "batches.prepare", take, media=_FORM),
            Route("GET", f"{bundle}/files/{{file}}", download, "batches.take", take),
            Route(
                *("POST", "/batches/{batch:int}/reports", self.report, "batches.report"),
                (Permission.PRINT_REPORT,),
                media=(*_FORM, "multipart/form-data"),
                limit=LARGEST,
            ),
        )

    async def _batch(
        self,
        call: Call,
        refusal: VeritemError | None = None,
        note: str | None = None,
        typed: str = "",
    ) -> web.Response:
        batch = await scope.batch_for(call.ledger, call.staff, call.number("batch"))
        balance = await call.ledger.transitions.balance(batch.number)
        bundles: list[tuple[BundleFormat, Standing]] = []
        if may(call.staff.role, Permission.BUNDLE_TAKE):
            bundles = [(form, call.bundler.standing(batch, form)) for form in FORMATS]
        writing = any(standing.state == "writing" for _, standing in bundles)
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "batch.html",
            writer.words("batches.one", number=batch.number),
            refusal=refusal,
            refresh=_REFRESH_SECONDS if writing else None,
            batch=batch,
            balance=balance,
            bar=bar(balance),
            bundles=bundles,
            size=size,
            note=note,
            typed=typed,
        )


def bar(balance: Balance) -> list[tuple[str, int, float, float]]:
    """The states as parts of a bar: state, count, where it begins, its width; in percent."""
    parts, at = [], 0.0
    for state in State:
        count = balance.states[state]
        if count:
            wide = 100 * count / balance.issued
            parts.append((str(state), count, round(at, 3), round(wide, 3)))
            at += wide
    return parts


def size(count: int) -> str:
    """Bytes as people read them.

    >>> size(900), size(123_456), size(7_340_032)
    ('900 B', '121 kB', '7.0 MB')
    """
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} kB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"
