"""Imports of registered codes from CSV and XLSX: the difference is shown, then applied as shown.

`preview_import` compares a file with the registry and changes nothing. What it shows has a hash,
and `apply_import` takes the hash: it applies exactly that difference, all of it, and refuses when
the registry changed in between. A file with a line that cannot be read is not applied at all.

A column that the file lacks leaves its field as it is; an empty cell clears it. A code that the
file lacks is reported and stays: an import never removes or revokes what it does not name. A
revoked code is restored by people and not by a file.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from ledger import CodeFilter, RegisteredCode
from ledger.chains.hash_chain import digest_json
from ledger.codes.registered_code import DESCRIPTION, compare_content, from_content
from ledger.table_imports import TableImport
from services.codes.code_table import (
    CodeLine,
    CodeTable,
    KnownNames,
    make_record,
    read_lines,
    read_table,
)
from services.codes.registered_codes import to_registered
from services.context import ServiceContext
from services.errors import ImportRefused, InvalidInput
from services.permissions import Permission, require_permission
from services.tables.line_flaws import LineFlaw, make_flaw
from traceability.code_forms import load_code_forms, read_code
from web.spreadsheets import iterate_rows

MOST_LINES: Final = 5000
"""Lines of one file: nobody else writes to the ledger while they are applied."""
_MOST_MISSING: Final = 200
"""Missing codes that are listed; the others are counted."""
_EXAMPLES: Final = ", ".join(form.example for form in load_code_forms())
_PAGE: Final = 5000


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line that adds or changes a code: each field with what it was and will be."""

    line: int
    code: str
    is_new: bool
    changed: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that cannot be applied, with the reason for each field."""

    line: int
    code: str
    flaws: Mapping[str, LineFlaw]


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """An import: what it would do, or, once it was applied, the counts of what it did."""

    id: str
    file_name: str
    counts: Mapping[str, int]
    """Numbers of codes `added`, `changed`, `unchanged` and `missing`, and of lines `refused`."""
    at: int
    actor: str
    applied_at: int | None = None
    applied_by: str | None = None
    changes: Sequence[ChangedLine] = ()
    refused: Sequence[RefusedLine] = ()
    missing: Sequence[str] = ()
    ignored: Sequence[str] = ()
    """Columns that are not read."""

    @property
    def can_apply(self) -> bool:
        """Whether there is something to apply, and nothing in the way."""
        counts = self.counts
        return (
            self.applied_at is None
            and not counts["refused"]
            and bool(counts["added"] or counts["changed"])
        )


@dataclass(slots=True)
class _Difference:
    """Difference that a file makes, collected line by line."""

    wanted: list[RegisteredCode] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each code."""
    groups: set[tuple[str, str]] = field(default_factory=set)
    """The kinds and provinces of its codes."""


async def preview_import(context: ServiceContext, content: bytes, file_name: str) -> ImportPreview:
    """Compare a file with the registry, and keep the difference for a day.

    Raises `Forbidden`, `UnreadableText`, `MalformedTable`, and `InvalidInput` for a file without
    codes or with too many lines.
    """
    require_permission(context, Permission.CODE_EDIT)
    ledger = context.ledger
    names = KnownNames.collect(await ledger.organisations.list(), await ledger.products.list())
    table, lines = await asyncio.to_thread(_read_file, content, names)
    codes = {code for line in lines if (code := _read_code(line)) is not None}
    known = await ledger.registered_codes.get_many(codes)
    found = await asyncio.to_thread(_compare, lines, known)
    missing = await _list_missing(context, found, codes)
    counts = {
        "added": sum(row.code not in known for row in found.wanted),
        "changed": sum(row.code in known for row in found.wanted),
        "unchanged": len(found.unchanged),
        "refused": len(found.refused),
        "missing": len(missing),
    }
    document = {
        "changes": [
            {
                "code": row.code,
                "base": known[row.code].version if row.code in known else 0,
                "content": row.content,
                "was": known[row.code].content if row.code in known else None,
                "line": found.lines[row.code],
            }
            for row in found.wanted
        ],
        "unchanged": {code: known[code].version for code in found.unchanged},
        "refused": [
            [
                line.line,
                line.code,
                {name: [flaw.reason, dict(flaw.values)] for name, flaw in line.flaws.items()},
            ]
            for line in found.refused
        ],
        "missing": missing[:_MOST_MISSING],
        "ignored": table.ignored,
    }
    kept = await ledger.code_imports.put(
        TableImport(
            id=digest_json(document),
            file_name=file_name.strip()[:200] or "–",
            counts=counts,
            document=document,
            actor=context.actor.id,
            at=context.clock(),
        )
    )
    return _to_preview(kept)


async def get_import(context: ServiceContext, id_: str) -> ImportPreview:
    """An import that was shown. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.CODE_EDIT)
    return _to_preview(await context.ledger.code_imports.get(id_))


async def apply_import(context: ServiceContext, id_: str) -> ImportPreview:
    """Apply exactly the difference that was shown; again changes nothing.

    Raises `Forbidden`, `UnknownRow`, `ImportRefused` for a file with lines at fault, and
    `ImportOutdated` when the registry changed since.
    """
    shown = await get_import(context, id_)
    if shown.counts["refused"]:
        raise ImportRefused(lines=shown.counts["refused"], line=shown.refused[0].line)
    if shown.applied_at is None and not shown.can_apply:
        return shown
    applied = await context.ledger.code_imports.apply(
        id_, actor=context.actor.id, at=context.clock()
    )
    return _to_preview(applied)


def _to_preview(kept: TableImport) -> ImportPreview:
    document = kept.document or {"changes": (), "refused": (), "missing": (), "ignored": ()}
    changes = []
    for one in document["changes"]:
        before = None if one["was"] is None else from_content(one["code"], one["was"])
        after = from_content(one["code"], one["content"])
        changed = compare_content(before, after)
        changes.append(ChangedLine(one["line"], one["code"], before is None, changed))
    return ImportPreview(
        id=kept.id,
        file_name=kept.file_name,
        counts=kept.counts,
        at=kept.at,
        actor=kept.actor,
        applied_at=kept.applied_at,
        applied_by=kept.applied_by,
        changes=changes,
        refused=[
            RefusedLine(line, code, {name: LineFlaw(*flaw) for name, flaw in flaws.items()})
            for line, code, flaws in document["refused"]
        ],
        missing=document["missing"],
        ignored=document["ignored"],
    )


def _read_file(content: bytes, names: KnownNames) -> tuple[CodeTable, list[CodeLine]]:
    table = read_table(iterate_rows(content))
    rows = list(islice(table.rows, MOST_LINES + 1))
    if len(rows) > MOST_LINES:
        raise InvalidInput(field="file", why=f"has more than {MOST_LINES} lines")
    if not rows:
        raise InvalidInput(field="file", why="has no line below its header")
    return table, read_lines(table, rows, names)


def _read_code(line: CodeLine) -> str | None:
    """The canonical code of a line; None if it has no known form."""
    found = read_code(line.values.get("code") or "")
    return None if found is None else found[1]


def _compare(lines: Sequence[CodeLine], known: Mapping[str, RegisteredCode]) -> _Difference:
    found = _Difference()
    for line in lines:
        code, typed = _read_code(line), line.values.get("code") or ""
        flaws = dict(line.flaws)
        if code is None:
            flaws["code"] = (
                make_flaw("form", text=typed, examples=_EXAMPLES) if typed else make_flaw("missing")
            )
        elif code in found.lines:
            flaws["code"] = make_flaw("repeated", line=found.lines[code])
        before = None if code is None else known.get(code)
        wanted = None
        if not flaws:
            wanted = _merge(line, before, flaws)
        if wanted is None:
            found.refused.append(RefusedLine(line.line, (code or typed)[:60], flaws))
            continue
        found.lines[wanted.code] = line.line
        if wanted.province is not None:
            found.groups.add((wanted.kind, wanted.province))
        if before is not None and before.content == wanted.content:
            found.unchanged.append(wanted.code)
        else:
            found.wanted.append(wanted)
    return found


def _merge(
    line: CodeLine, before: RegisteredCode | None, flaws: dict[str, LineFlaw]
) -> RegisteredCode | None:
    """The code as the line wants it; None, with `flaws` filled, where that cannot be."""
    values: dict[str, Any] = {"code": line.values.get("code")}
    for name in DESCRIPTION:
        value = line.values[name] if name in line.values else getattr(before, name, None)
        values[name] = value
    if "ward" in line.values and "province" not in line.values:
        values["province"] = None
    record, found = make_record(values)
    flaws.update(found)
    if record is None:
        return None
    wanted = to_registered(record)
    status = line.values.get("status") or (before.status if before else "active")
    reason = line.values.get("status_reason")
    if before is not None and status == before.status:
        reason = reason or before.status_reason
    if before is not None and before.status == "revoked" and status != "revoked":
        flaws["status"] = make_flaw("revoked")
    elif status != "active" and reason is None:
        flaws["status_reason"] = make_flaw("missing")
    if before is not None and before.kind != wanted.kind:
        flaws["kind"] = make_flaw("kind", known=before.kind)
    return None if flaws else _with_status(wanted, status, reason)


def _with_status(wanted: RegisteredCode, status: Any, reason: str | None) -> RegisteredCode:
    values = {**wanted.content, "status": status, "status_reason": reason}
    return from_content(wanted.code, values)


async def _list_missing(context: ServiceContext, found: _Difference, named: set[str]) -> list[str]:
    """Registered codes that the file does not name, of the kinds and provinces that it has."""
    missing: list[str] = []
    for kind, province in sorted(found.groups):
        after = None
        wanted = CodeFilter(kind=kind, province=province)
        while True:
            page = await context.ledger.registered_codes.find_page(wanted, after=after, limit=_PAGE)
            missing += [row.code for row in page if row.code not in named]
            if len(page) < _PAGE:
                break
            after = (page[-1].code,)
    return sorted(missing)
