"""Lots: what is there, what one still lacks, and the form that describes one."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from desk import scope, work
from desk.access import Access
from desk.call import Call
from desk.pages.lot_fields import STAGED, composed, fields_of
from desk.pages.render import Writer
from desk.roles import Permission
from desk.routes import Route
from ledger import LotRow
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, Transition
from stamps.timestamps import parse_rfc3339
from traceability.parties import PartyKind
from traceability.places import atlas
from web.i18n import format_day, format_moment

_FORM: Final = ("application/x-www-form-urlencoded",)


class Lots:
    """The pages of lots."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def listed(self, call: Call) -> web.StreamResponse:
        """All lots of one's own."""
        writer = Writer(call, self._access.sessions)
        rows = await scope.lots_for(call.ledger, call.staff)
        return writer.page("lots.html", writer.words("lots.title"), lots=rows)

    async def show(self, call: Call) -> web.StreamResponse:
        """One lot."""
        return await self._lot(call)

    async def form(self, call: Call) -> web.StreamResponse:
        """The form: empty, of a known lot (`edit`), or a new one like another (`like`)."""
        fields: Mapping[str, str] = {}
        for way in ("edit", "like"):
            if way in call.query:
                row = await scope.lot_for(call.ledger, call.staff, call.query[way])
                fields = fields_of(row.document)
                if way == "like":
                    fields = {**fields, "code": "", "harvested": "", "packed": ""}
        return await self._form(call, fields)

    async def put(self, call: Call) -> web.StreamResponse:
        """Keep what the form says."""
        try:
            document = await self._document(call)
            row = await work.put_lot(call, call.fields.get("code", ""), document)
        except VeritemError as refusal:
            return await self._form(call, call.fields, refusal)
        where = f"/lots/{quote(row.code, safe='')}"
        return web.Response(status=303, headers={"Location": where})

    async def recall(self, call: Call) -> web.StreamResponse:
        """Recall every stamp of the lot."""
        writer = Writer(call, self._access.sessions)
        if call.fields.get("sure") != "yes":
            return await self._lot(call, note=writer.words("stamps.unsure"), status=422)
        asked = work.TransitionRequest(
            Transition.RECALL, call.fields.get("reason"), lot=call.text("lot")
        )
        try:
            moved = await work.transition(call, asked, call.own_key(call.fields.get("key", "")))
        except VeritemError as refusal:
            return await self._lot(call, refusal)
        count = sum(one.hi - one.lo for one in moved)
        return await self._lot(call, note=writer.words.plural("stamps.done", count))

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        see, put = (Permission.LOT_SEE,), (Permission.LOT_PUT,)
        recall = (Permission.RECALL,)
        return (
            Route("GET", "/lots", self.listed, "lots.title", see),
            Route("GET", "/new-lot", self.form, "activate.new_lot", put),
            Route("POST", "/new-lot", self.put, "lots.save", put, media=_FORM),
            Route("GET", "/lots/{lot}", self.show, "lots.title", see),
            Route("POST", "/lots/{lot}/recall", self.recall, "lots.recall", recall, media=_FORM),
        )

    async def _lot(
        self,
        call: Call,
        refusal: VeritemError | None = None,
        note: str | None = None,
        status: int = 200,
    ) -> web.Response:
        row = await scope.lot_for(call.ledger, call.staff, call.text("lot"))
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "lot.html",
            row.code,
            status=status,
            refusal=refusal,
            lot=row,
            facts=_facts(row, writer),
            missing=[writer.called("item", item) for item in row.missing],
            note=note,
            reasons=REASONS[Transition.RECALL],
        )

    async def _form(
        self, call: Call, fields: Mapping[str, str], refusal: VeritemError | None = None
    ) -> web.Response:
        writer = Writer(call, self._access.sessions)
        places = [place for place in await call.ledger.places.list() if place.code]
        return writer.page(
            "lot_form.html",
            writer.words("activate.new_lot"),
            refusal=refusal,
            f=lambda name: fields.get(name, ""),
            products=[
                (product.id, product.name.get(call.language) or product.name.get("vi", product.id))
                for product in await call.ledger.products.list()
            ],
            provinces=sorted(
                ((p.code, p.name(call.language)) for p in atlas().provinces.values()),
                key=lambda pair: pair[1],
            ),
            kinds=[str(kind) for kind in PartyKind],
            areas=[place for place in places if place.kind == "growing_area"],
            houses=[
                place
                for place in places
                if place.kind == "packing_house" and place.organisation == call.staff.organisation
            ],
        )

    async def _document(self, call: Call) -> dict[str, Any]:
        """The lot's document: what was kept of it, with what the form says put over it."""
        fields = call.fields
        try:
            row = await scope.lot_for(call.ledger, call.staff, fields.get("code", ""))
            kept = dict(row.document)
        except VeritemError:
            kept = {}
        products = {product.id: product for product in await call.ledger.products.list()}
        return composed(kept, fields, products.get(fields.get("product", "")))


def _facts(row: LotRow, writer: Writer) -> list[tuple[str, str]]:
    """What a lot's page tells, label and value."""
    words, fields = writer.words, fields_of(row.document)
    name = row.document.get("product", {}).get("name", {})
    fields["product"] = name.get(words.language) or name.get("vi", "")
    if province := fields.get("province"):
        fields["province"] = atlas().provinces[province].name(words.language)
    language = words.language
    for stage, field, _ in STAGED:
        at = next((s["at"] for s in row.document.get("stages", ()) if s["stage"] == stage), None)
        if at is not None:
            write = format_day if field == "grown" else format_moment
            fields[field] = write(parse_rfc3339(at), language)
    shown = (
        *("product", "producer", "address", "province", "growing_area", "packing_house", "grown"),
        *("harvested", "packed", "shelf_life", "brand", "standard", "certificate"),
    )
    return [(words(f"lots.{field}"), fields[field]) for field in shown if fields.get(field)]
