"""Imports of entries from CSV and XLSX: what a file would record is shown, then recorded as shown.

A file has entries of one kind, one a line. `preview_import` records none; `apply_import` takes the
hash of what was shown, and records all of it or nothing. A file with a line at fault is not
applied. An entry that is recorded already adds nothing, so a file can be sent again.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from ledger.chains.hash_chain import digest_json
from ledger.errors import UnknownRow
from ledger.table_imports import TableImport
from services.codes.code_imports import RefusedLine
from services.codes.code_table import KnownNames, look_up
from services.context import ServiceContext
from services.diary.entries import (
    build_new_entries,
    find_entry_flaws,
    list_told_kinds,
    require_organisation,
)
from services.diary.typed_entry import describe_flaws, read_typed_entry
from services.errors import ImportRefused, InvalidInput
from services.tables.line_flaws import LineFlaw, UnreadableCell, make_flaw
from services.tables.typed_day import find_day_order
from traceability.diary.entries import Entry, MalformedEntry, read_entry
from traceability.diary.entry_kinds import EntryKind, FieldType, find_entry_kind
from web.plain_letters import split_words
from web.spreadsheets import iterate_rows
from web.tables import Row, TableRow, make_table

MOST_LINES: Final = 1_000
"""Lines of one file."""
_HEADER_LINES: Final = 20
"""Lines in which the header is looked for; titles may stand above it."""


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """A line that tells an entry."""

    line: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class EntryImportPreview:
    """An import: what it would record, or, once it was applied, the counts of what it recorded."""

    id: str
    kind: str
    file_name: str
    counts: Mapping[str, int]
    """Numbers of entries `added` and of lines `refused`."""
    at: int
    actor: str
    applied_at: int | None = None
    entries: Sequence[ImportedEntry] = ()
    refused: Sequence[RefusedLine] = ()
    ignored: Sequence[str] = ()
    """Columns that are not read."""

    @property
    def can_apply(self) -> bool:
        """Whether there is something to record, and nothing in the way."""
        return self.applied_at is None and not self.counts["refused"] and bool(self.counts["added"])


_Line = tuple[int, Mapping[str, str], Entry | None, dict[str, LineFlaw]]
"""Number, fields, entry and flaws of a line."""


@dataclass(frozen=True, slots=True)
class _EntryTable:
    """The table of a file."""

    fields: Mapping[str, str]
    """The field of each column that is known."""
    ignored: list[str]
    rows: Iterator[TableRow]


async def preview_import(
    context: ServiceContext, kind: str, content: bytes, file_name: str
) -> EntryImportPreview:
    """Read a file of entries of a kind, and keep what it would record for a day.

    Raises `Forbidden`, `UnreadableText`, `MalformedTable`, and `InvalidInput` for a kind that the
    actor does not tell, and for a file without columns, without lines, or with too many.
    """
    organisation = require_organisation(context)
    if kind not in [one.kind for one in list_told_kinds(context)]:
        raise InvalidInput(field="kind", why="is not told by people of your role")
    table = find_entry_kind(kind)
    names = KnownNames.collect((), await context.ledger.products.list())
    lines, ignored = await asyncio.to_thread(_read_lines, table, content, names)
    entries, refused = await _check_lines(context, table, lines)
    document = {
        "kind": kind,
        "organisation": organisation,
        "entries": [[one.line, dict(one.entry.values)] for one in entries],
        "refused": refused,
        "ignored": ignored,
    }
    kept = TableImport(
        id=digest_json({**document, "actor": context.actor.id}),
        file_name=file_name.strip()[:200] or "–",
        counts={"added": len(entries), "refused": len(refused)},
        document=document,
        actor=context.actor.id,
        at=context.clock(),
    )
    return _to_preview(await context.ledger.diary_imports.put(kept))


async def get_import(context: ServiceContext, id_: str) -> EntryImportPreview:
    """An import of the actor that was shown. Raises `Forbidden`, `UnknownRow`."""
    require_organisation(context)
    kept = await context.ledger.diary_imports.get(id_)
    if kept.actor != context.actor.id:
        raise UnknownRow(kind="import", id=id_)
    return _to_preview(kept)


async def apply_import(context: ServiceContext, id_: str) -> EntryImportPreview:
    """Record exactly the entries that were shown; again changes nothing.

    Raises `Forbidden`, `UnknownRow`, `ImportRefused` for a file with lines at fault,
    `ImportOutdated`, and `MalformedEntry` when a place or product is not the actor's any more.
    """
    organisation = require_organisation(context)
    shown = await get_import(context, id_)
    if shown.counts["refused"]:
        raise ImportRefused(lines=shown.counts["refused"], line=shown.refused[0].line)
    if not shown.can_apply:
        return shown
    entries = [one.entry for one in shown.entries]
    for errors in await find_entry_flaws(context, entries):
        if errors:
            raise MalformedEntry(errors)
    new = await build_new_entries(entries, organisation)
    applied = await context.ledger.diary_imports.apply(
        id_, organisation, new, actor=context.actor.id, at=context.clock()
    )
    return _to_preview(applied)


def make_template(kind: EntryKind) -> str:
    """An empty table of a kind as CSV that spreadsheets open, with a column a field."""
    return "\ufeff" + ",".join(f'"{field.label["vi"]}"' for field in kind.fields) + "\r\n"


def _read_lines(
    kind: EntryKind, content: bytes, names: KnownNames
) -> tuple[list[_Line], list[str]]:
    """The lines, and the columns that are not read."""
    table = _find_table(kind, iterate_rows(content))
    rows = list(islice(table.rows, MOST_LINES + 1))
    if len(rows) > MOST_LINES:
        raise InvalidInput(field="file", why=f"has more than {MOST_LINES} lines")
    if not rows:
        raise InvalidInput(field="file", why="has no line below its header")
    days = [name for name in ("at", "valid_until") if kind.has_field(name)]
    columns = [column for column, name in table.fields.items() if name in days]
    order = find_day_order(row.cells.get(column, "") for row in rows for column in columns)
    lines: list[_Line] = []
    for row in rows:
        texts = {name: row.cells.get(column, "") for column, name in table.fields.items()}
        flaws = _look_up_products(kind, texts, names)
        found = read_typed_entry(kind, texts, order=order)
        flaws = {**found.flaws, **flaws}
        lines.append((row.line, texts, None if flaws else found.entry, flaws))
    return lines, table.ignored


def _look_up_products(
    kind: EntryKind, texts: dict[str, str], names: KnownNames
) -> dict[str, LineFlaw]:
    """Replace the names of products by their ids; what is unknown is a flaw."""
    flaws = {}
    for field in kind.fields:
        text = texts.get(field.name, "")
        if field.type is FieldType.PRODUCT and text:
            try:
                texts[field.name] = look_up(text, names.products)
            except UnreadableCell as error:
                flaws[field.name] = error.flaw
    return flaws


async def _check_lines(
    context: ServiceContext,
    kind: EntryKind,
    lines: Sequence[_Line],
) -> tuple[list[ImportedEntry], list[list[Any]]]:
    """The entries to record, and the lines that are refused with their reasons."""
    read = [(line, entry) for line, _, entry, _ in lines if entry is not None]
    found = await find_entry_flaws(context, [entry for _, entry in read])
    against = {line: errors for (line, _), errors in zip(read, found, strict=True) if errors}
    entries: list[ImportedEntry] = []
    refused: list[list[Any]] = []
    seen: dict[str, int] = {}
    for line, texts, entry, own in lines:
        flaws = dict(own)
        if line in against:
            flaws |= describe_flaws(kind, MalformedEntry(against[line]), texts)
        if entry is not None and not flaws:
            digest = digest_json(dict(entry.values))
            if digest in seen:
                flaws["at"] = make_flaw("repeated", line=seen[digest])
            else:
                seen[digest] = line
                entries.append(ImportedEntry(line, entry))
                continue
        told = {name: [flaw.reason, dict(flaw.values)] for name, flaw in flaws.items()}
        refused.append([line, texts.get("lot", "")[:60], told])
    return entries, refused


def _find_table(kind: EntryKind, rows: Iterator[Row]) -> _EntryTable:
    """The table among the rows of a file; lines above its header are titles."""
    for number, row in enumerate(rows):
        fields = _find_fields(kind, row[1])
        if "at" in fields.values() and len(fields) > 1:
            table = make_table(chain([row], rows))
            fields = _find_fields(kind, table.columns)
            ignored = [name for name in table.columns if name not in fields]
            return _EntryTable(fields, ignored, table.rows)
        if number == _HEADER_LINES:
            break
    raise InvalidInput(field="file", why=f"has no column {kind.field('at').label['vi']}")


def _find_fields(kind: EntryKind, columns: Sequence[str]) -> dict[str, str]:
    """The field of each column whose name is known; the first of two for the same field."""
    known = {
        " ".join(split_words(name)): field.name
        for field in kind.fields
        for name in (*field.label.values(), field.name)
    }
    found: dict[str, str] = {}
    for column in columns:
        field = known.get(" ".join(split_words(column)))
        if field is not None and field not in found.values():
            found[" ".join(column.split()).lower()] = field
    return found


def _to_preview(kept: TableImport) -> EntryImportPreview:
    nothing: dict[str, Any] = {"kind": "", "entries": (), "refused": (), "ignored": ()}
    document = kept.document or nothing
    return EntryImportPreview(
        id=kept.id,
        kind=document["kind"],
        file_name=kept.file_name,
        counts=kept.counts,
        at=kept.at,
        actor=kept.actor,
        applied_at=kept.applied_at,
        entries=[
            ImportedEntry(line, read_entry(document["kind"], values))
            for line, values in document["entries"]
        ],
        refused=[
            RefusedLine(line, code, {name: LineFlaw(*flaw) for name, flaw in flaws.items()})
            for line, code, flaws in document["refused"]
        ],
        ignored=document["ignored"],
    )
