"""Imports of new lots from CSV and XLSX: what a file would save is shown, then saved as shown.

`preview_import` reads a file and saves no lot. What it shows has a hash, and `apply_import` takes
the hash: it saves exactly these lots, all of them, or nothing. A file with a line at fault is not
applied at all. A code that exists is taken: an import never changes a lot.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from ledger import LotRow, ProductRow
from ledger.chains.hash_chain import digest_json
from ledger.codes.code_errors import CodeNotUsable
from ledger.codes.lot_codes import list_codes
from ledger.codes.registered_codes import CodeStandings
from ledger.errors import LotCodeTaken, UnknownRow
from ledger.table_imports import TableImport
from services.codes.code_imports import RefusedLine
from services.codes.code_table import KnownNames
from services.context import ServiceContext
from services.errors import ForeignPlace, ImportRefused, InvalidInput
from services.lots.lot_fields import PREFIX, TIMES, read_lot
from services.lots.lot_places import SiteOwners, find_site_owners
from services.lots.lot_table import LotTable, read_cells, read_table
from services.lots.lots import check_lot
from services.permissions import Permission, require_permission
from services.tables.line_flaws import LineFlaw, make_flaw
from services.tables.typed_day import DayOrder, find_day_order
from stamps.errors import VeritemError
from traceability import Lot
from traceability.lot_rules import PackedElsewhere, PackedInFuture
from web.spreadsheets import iterate_rows
from web.tables import TableRow

MOST_LINES: Final = 1_000
"""Lines of one file: each is checked against registry and ledger while its sender waits."""
_CONTENT: Final = (
    *("code", "document", "missing", "packing_house", "product", "packed_at", "expires_at"),
    "organisation",
)


@dataclass(frozen=True, slots=True)
class ImportedLot:
    """A line that describes a new lot, and the mandatory items that it lacks."""

    line: int
    code: str
    product: Mapping[str, str]
    """The product's name by language."""
    kind: str | None
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class _TypedLine:
    """A line as it was read: its fields, its lot if they describe one, and what is wrong."""

    line: int
    texts: Mapping[str, str]
    lot: Lot | None
    flaws: Mapping[str, LineFlaw]


@dataclass(frozen=True, slots=True)
class _KnownRows:
    """What is stored of the lots of a file."""

    codes: Collection[str]
    """Those of their codes that are taken."""
    owners: SiteOwners
    standings: CodeStandings
    products: Mapping[str, ProductRow]


@dataclass(frozen=True, slots=True)
class LotImportPreview:
    """An import: what it would save, or, once it was applied, the counts of what it saved."""

    id: str
    file_name: str
    counts: Mapping[str, int]
    """Numbers of lots `added` and of these `incomplete`, and of lines `refused`."""
    at: int
    actor: str
    applied_at: int | None = None
    applied_by: str | None = None
    lots: Sequence[ImportedLot] = ()
    refused: Sequence[RefusedLine] = ()
    ignored: Sequence[str] = ()
    """Columns that are not read."""

    @property
    def can_apply(self) -> bool:
        """Whether there is something to save, and nothing in the way."""
        counts = self.counts
        return self.applied_at is None and not counts["refused"] and bool(counts["added"])


async def preview_import(
    context: ServiceContext, content: bytes, file_name: str
) -> LotImportPreview:
    """Read a file of new lots, and keep what it would save for a day.

    Raises `Forbidden`, `UnreadableText`, `MalformedTable`, and `InvalidInput` for a file without
    columns of codes and products, without lines, or with too many.
    """
    require_permission(context, Permission.LOT_PUT)
    products = {row.id: row for row in await context.ledger.products.list()}
    names = KnownNames.collect((), products.values())
    table, rows = await asyncio.to_thread(_read_file, content)
    order = _find_order(table, rows)
    typed = await asyncio.to_thread(
        lambda: [_read_line(row, *read_cells(table, row, names), products, order) for row in rows]
    )
    known = await _find_known_rows(context, [one.lot for one in typed if one.lot], products)
    lots, lines, refused = await asyncio.to_thread(_check_lines, context, typed, known)
    document = {
        "lots": lots,
        "lines": lines,
        "refused": refused,
        "ignored": table.ignored,
    }
    counts = {
        "added": len(lots),
        "incomplete": sum(bool(lot["missing"]) for lot in lots),
        "refused": len(refused),
    }
    kept = TableImport(
        id=digest_json({**document, "actor": context.actor.id}),
        file_name=file_name.strip()[:200] or "–",
        counts=counts,
        document=document,
        actor=context.actor.id,
        at=context.clock(),
    )
    return _to_preview(await context.ledger.lot_imports.put(kept))


async def get_import(context: ServiceContext, id_: str) -> LotImportPreview:
    """An import of the actor that was shown. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.LOT_PUT)
    kept = await context.ledger.lot_imports.get(id_)
    if kept.actor != context.actor.id:
        raise UnknownRow(kind="import", id=id_)
    return _to_preview(kept)


async def apply_import(context: ServiceContext, id_: str) -> LotImportPreview:
    """Save exactly the lots that were shown; again changes nothing.

    Raises `Forbidden`, `UnknownRow`, `ImportRefused` for a file with lines at fault,
    `ImportOutdated` when one of its codes is taken since, and `CodeNotUsable`.
    """
    shown = await get_import(context, id_)
    if shown.counts["refused"]:
        raise ImportRefused(lines=shown.counts["refused"], line=shown.refused[0].line)
    if shown.applied_at is None and not shown.can_apply:
        return shown
    applied = await context.ledger.lot_imports.apply(
        id_, actor=context.actor.id, at=context.clock()
    )
    return _to_preview(applied)


def _read_file(content: bytes) -> tuple[LotTable, list[TableRow]]:
    table = read_table(iterate_rows(content))
    rows = list(islice(table.rows, MOST_LINES + 1))
    if len(rows) > MOST_LINES:
        raise InvalidInput(field="file", why=f"has more than {MOST_LINES} lines")
    if not rows:
        raise InvalidInput(field="file", why="has no line below its header")
    return table, rows


def _find_order(table: LotTable, rows: Sequence[TableRow]) -> DayOrder | None:
    columns = [
        column for column, name in table.fields.items() if name in TIMES or name.startswith(PREFIX)
    ]
    return find_day_order(row.cells.get(column, "") for row in rows for column in columns)


def _read_line(
    row: TableRow,
    texts: dict[str, str],
    flaws: dict[str, LineFlaw],
    products: Mapping[str, ProductRow],
    order: DayOrder | None,
) -> _TypedLine:
    found = read_lot(texts, products.get(texts.get("product", "")), {}, order=order)
    return _TypedLine(row.line, texts, found.lot, {**found.flaws, **flaws})


async def _find_known_rows(
    context: ServiceContext, lots: Sequence[Lot], products: Mapping[str, ProductRow]
) -> _KnownRows:
    """What ledger and registry have of the lots of a file, with a few queries for all of them."""
    ledger = context.ledger
    codes = {code for lot in lots for code in list_codes(lot.to_document())}
    return _KnownRows(
        codes=await ledger.lots.find_known({lot.code for lot in lots}),
        owners=await find_site_owners(context, lots),
        standings=await ledger.registered_codes.find_standings(codes),
        products=products,
    )


def _check_lines(
    context: ServiceContext, typed: Iterable[_TypedLine], known: _KnownRows
) -> tuple[list[dict[str, Any]], dict[str, int], list[list[Any]]]:
    """The lots to save, their lines by code, and the lines that are refused with their reasons."""
    lots: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    refused: list[list[Any]] = []
    for one in typed:
        code, flaws, row = one.texts.get("code", ""), dict(one.flaws), None
        if code in lines:
            flaws["code"] = make_flaw("repeated", line=lines[code])
        if not flaws and one.lot is not None:
            row, flaws = _check_lot(context, one.lot, one.texts, known)
        if row is None:
            told = {name: [flaw.reason, dict(flaw.values)] for name, flaw in flaws.items()}
            refused.append([one.line, code[:60], told])
            continue
        lines[row.code] = one.line
        lots.append({name: getattr(row, name) for name in _CONTENT})
    return lots, lines, refused


def _check_lot(
    context: ServiceContext, lot: Lot, texts: Mapping[str, str], known: _KnownRows
) -> tuple[LotRow | None, dict[str, LineFlaw]]:
    """The checked row of a new lot, or what is wrong with its fields."""
    if lot.code in known.codes:
        return None, {"code": make_flaw("taken")}
    try:
        row = check_lot(context, lot, known.owners, known.products.get(lot.product.code))
        known.standings.check(row.document, context.clock())
    except VeritemError as refusal:
        return None, _describe_refusal(refusal, texts)
    return row, {}


def _describe_refusal(refusal: VeritemError, texts: Mapping[str, str]) -> dict[str, LineFlaw]:
    """The flaw of the field that a refusal is about. Raises what is about no line."""
    match refusal:
        case LotCodeTaken():
            return {"code": make_flaw("taken")}
        case PackedInFuture():
            return {"packed": make_flaw("future")}
        case PackedElsewhere():
            return {"packing_house": make_flaw("text", why=refusal)}
        case ForeignPlace() | CodeNotUsable():
            place = str(refusal.evidence["place"])
            names = ("growing_area", "farming_area", "packing_house")
            at = next((name for name in names if texts.get(name) == place), "packing_house")
            reason = "foreign" if isinstance(refusal, ForeignPlace) else "unusable"
            return {at: make_flaw(reason, text=place)}
        case InvalidInput():
            name = str(refusal.evidence["field"]).partition(".")[0]
            return {name: make_flaw("text", why=refusal.evidence["why"])}
    raise refusal


def _to_preview(kept: TableImport) -> LotImportPreview:
    document = kept.document or {"lots": (), "lines": {}, "refused": (), "ignored": ()}
    return LotImportPreview(
        id=kept.id,
        file_name=kept.file_name,
        counts=kept.counts,
        at=kept.at,
        actor=kept.actor,
        applied_at=kept.applied_at,
        applied_by=kept.applied_by,
        lots=[
            ImportedLot(
                line=document["lines"][lot["code"]],
                code=lot["code"],
                product=lot["document"]["product"]["name"],
                kind=lot["document"].get("kind"),
                missing=lot["missing"],
            )
            for lot in document["lots"]
        ],
        refused=[
            RefusedLine(line, code, {name: LineFlaw(*flaw) for name, flaw in flaws.items()})
            for line, code, flaws in document["refused"]
        ],
        ignored=document["ignored"],
    )
