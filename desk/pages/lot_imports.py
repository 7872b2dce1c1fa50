"""Pages of imports of lots: the file, what it would save, and saving it; templates to fill in."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import Form
from desk.pages.imports import MOST_MB, MOST_ROWS, UPLOAD_BYTES, describe_refused, send_refused
from desk.pages.list_cells import choose_name
from desk.pages.lot_texts import label_field
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.errors import UnknownRow
from services.lots import lot_imports
from services.lots.lot_table import make_template
from services.permissions import Permission
from traceability.lot_profiles import CROP, LotProfile, list_labels, load_profiles
from web.i18n import Texts, join_words

routes = PageRoutes()


@routes.add("GET", "/lot-imports", permissions=(Permission.LOT_PUT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a file."""
    return render_page(
        call,
        "lot_import_form.html",
        call.texts("lots.import"),
        most_lines=lot_imports.MOST_LINES,
        most_mb=MOST_MB,
        kinds=[(kind, one.name[call.language]) for kind, one in load_profiles().items()],
    )


@routes.add("GET", "/lot-imports/templates/{kind}", permissions=(Permission.LOT_PUT,))
async def download_template(call: PageCall, kind: str) -> web.StreamResponse:
    """Download an empty table of a kind of produce."""
    profile = load_profiles().get(kind)
    if profile is None:
        raise UnknownRow(kind="kind of produce", id=kind)
    return web.Response(
        body=make_template(profile).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="lots-{profile.kind}.csv"'},
    )


@routes.add("POST", "/lot-imports", permissions=(Permission.LOT_PUT,), limit=UPLOAD_BYTES)
async def preview_import(call: PageCall) -> web.StreamResponse:
    """Read a file, and lead to what it would save."""
    call.parse_form(Form)
    content = call.require_file("file")
    shown = await lot_imports.preview_import(call.context, content, "")
    return redirect(f"/lot-imports/{shown.id}")


@routes.add("GET", "/lot-imports/{lot_import}", permissions=(Permission.LOT_PUT,))
async def show_import(call: PageCall, lot_import: str) -> web.StreamResponse:
    """Show what a file would save."""
    shown, texts = await lot_imports.get_import(call.context, lot_import), call.texts
    return render_page(
        call,
        "lot_import.html",
        call.texts("lots.import_shown"),
        trail=[
            (call.texts("nav.lots"), "/lots"),
            (call.texts("lots.import"), "/lot-imports"),
        ],
        shown=shown,
        lots=[
            (
                one,
                choose_name(one.product, call.language, ""),
                join_words(list_labels(one.kind, one.missing, call.language), call.language),
            )
            for one in shown.lots[:MOST_ROWS]
        ],
        refused=describe_refused(shown.refused, lambda name: _label(name, texts), texts),
    )


@routes.add("GET", "/lot-imports/{lot_import}/refused", permissions=(Permission.LOT_PUT,))
async def download_refused(call: PageCall, lot_import: str) -> web.StreamResponse:
    """Download all refused lines with their reasons."""
    shown, texts = await lot_imports.get_import(call.context, lot_import), call.texts
    return send_refused(shown.refused, lambda name: _label(name, texts), texts)


@routes.add("POST", "/lot-imports/{lot_import}/apply", permissions=(Permission.LOT_PUT,))
async def apply_import(call: PageCall, lot_import: str) -> web.StreamResponse:
    """Save the lots that were shown."""
    call.parse_form(Form)
    applied = await lot_imports.apply_import(call.context, lot_import)
    return redirect(f"/lot-imports/{applied.id}")


def _label(name: str, texts: Texts) -> str:
    """The label of a field; that of crops where several kinds have it."""
    profiles = load_profiles()
    with_field: list[LotProfile] = [
        one for one in (profiles[CROP], *profiles.values()) if name in one.form_fields
    ]
    return label_field(with_field[0], name, texts) if with_field else name
