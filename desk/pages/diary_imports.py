"""Pages of imports of entries: the file, what it would record, and recording it; templates."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.entry_texts import label_entry_field, summarise_entry
from desk.pages.forms import Form, Text
from desk.pages.imports import MOST_MB, MOST_ROWS, UPLOAD_BYTES, describe_refused, send_refused
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.errors import UnknownRow
from services.diary import entries, imports
from services.diary.imports import EntryImportPreview
from services.permissions import Permission
from traceability.diary.entry_kinds import load_entry_kinds
from web.i18n import Texts, format_iso_day

routes = PageRoutes()

_RECORD = (Permission.EVENT_RECORD,)


class EntryFileForm(Form):
    """A file of entries of one kind."""

    kind: Text


@routes.add("GET", "/diary-imports", permissions=_RECORD)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a file."""
    return render_page(
        call,
        "diary_import_form.html",
        call.texts("diary.import"),
        trail=[(call.texts("diary.title"), "/diary")],
        most_lines=imports.MOST_LINES,
        most_mb=MOST_MB,
        kinds=[
            (one.kind, one.name[call.language]) for one in entries.list_told_kinds(call.context)
        ],
    )


@routes.add("GET", "/diary-imports/templates/{entry_kind}", permissions=_RECORD)
async def download_template(call: PageCall, entry_kind: str) -> web.StreamResponse:
    """Download an empty table of a kind of work."""
    kind = load_entry_kinds().get(entry_kind)
    if kind is None:
        raise UnknownRow(kind="kind of work", id=entry_kind)
    return web.Response(
        body=imports.make_template(kind).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="diary-{kind.kind}.csv"'},
    )


@routes.add("POST", "/diary-imports", permissions=_RECORD, limit=UPLOAD_BYTES)
async def preview_import(call: PageCall) -> web.StreamResponse:
    """Read a file, and lead to what it would record."""
    form = call.parse_form(EntryFileForm)
    content = call.require_file("file")
    shown = await imports.preview_import(call.context, form.kind, content, "")
    return redirect(f"/diary-imports/{shown.id}")


@routes.add("GET", "/diary-imports/{diary_import}", permissions=_RECORD)
async def show_import(call: PageCall, diary_import: str) -> web.StreamResponse:
    """Show what a file would record."""
    shown, texts = await imports.get_import(call.context, diary_import), call.texts
    return render_page(
        call,
        "diary_import.html",
        texts("lots.import_shown"),
        trail=[(texts("diary.title"), "/diary"), (texts("diary.import"), "/diary-imports")],
        shown=shown,
        entries=[
            (
                one,
                format_iso_day(one.entry.day.isoformat(), call.language),
                summarise_entry(one.entry, texts),
            )
            for one in shown.entries[:MOST_ROWS]
        ],
        refused=describe_refused(shown.refused, lambda name: _label(shown, name, texts), texts),
    )


@routes.add("GET", "/diary-imports/{diary_import}/refused", permissions=_RECORD)
async def download_refused(call: PageCall, diary_import: str) -> web.StreamResponse:
    """Download all refused lines with their reasons."""
    shown, texts = await imports.get_import(call.context, diary_import), call.texts
    return send_refused(shown.refused, lambda name: _label(shown, name, texts), texts)


@routes.add("POST", "/diary-imports/{diary_import}/apply", permissions=_RECORD)
async def apply_import(call: PageCall, diary_import: str) -> web.StreamResponse:
    """Record the entries that were shown."""
    call.parse_form(Form)
    applied = await imports.apply_import(call.context, diary_import)
    return redirect(f"/diary-imports/{applied.id}")


def _label(shown: EntryImportPreview, name: str, texts: Texts) -> str:
    kind = load_entry_kinds().get(shown.kind)
    if kind is None or not kind.has_field(name):
        return name
    return label_entry_field(kind.field(name), texts)
