"""Pages of imports of codes: the file, the difference that it makes, and its application."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.code_values import describe_field, load_code_names
from desk.pages.forms import Form
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services import code_imports
from services.errors import InvalidInput
from services.permissions import Permission
from web.spreadsheets import LARGEST_FILE

routes = PageRoutes()

_ROWS: Final = 200
"""Lines that the page shows; the counts tell of the others."""
_FORM_BYTES: Final = 65_536
"""The form around the file."""


@routes.add("GET", "/code-imports", permissions=(Permission.CODE_EDIT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a file."""
    return render_page(
        call,
        "code_import_form.html",
        call.texts("codes.import"),
        trail=[(call.texts("nav.codes"), "/codes")],
        most_lines=code_imports.MOST_LINES,
        most_mb=LARGEST_FILE // 2**20,
    )


@routes.add(
    "POST",
    "/code-imports",
    permissions=(Permission.CODE_EDIT,),
    limit=LARGEST_FILE + _FORM_BYTES,
)
async def preview_import(call: PageCall) -> web.StreamResponse:
    """Compare a file with the registry."""
    call.parse_form(Form)
    content = call.take_file("file")
    if not content:
        raise InvalidInput(field="file", why="is missing", expected="file")
    shown = await code_imports.preview_import(call.context, content, "")
    return redirect(f"/code-imports/{shown.id}")


@routes.add("GET", "/code-imports/{import_id}", permissions=(Permission.CODE_EDIT,))
async def show_import(call: PageCall, import_id: str) -> web.StreamResponse:
    """Show the difference that a file makes."""
    shown = await code_imports.get_import(call.context, import_id)
    names = await load_code_names(call, ())
    return render_page(
        call,
        "code_import.html",
        call.texts("codes.difference"),
        trail=[
            (call.texts("nav.codes"), "/codes"),
            (call.texts("codes.import"), "/code-imports"),
        ],
        shown=shown,
        changes=[
            (
                line,
                [
                    (
                        call.texts(f"codes.{name}"),
                        describe_field(name, was, names),
                        describe_field(name, now, names),
                    )
                    for name, (was, now) in line.changed.items()
                ],
            )
            for line in shown.changes[:_ROWS]
        ],
        refused=[
            (
                line,
                [
                    (
                        call.texts(f"codes.{name}"),
                        call.texts(f"code_flaw.{flaw.reason}", **flaw.values),
                    )
                    for name, flaw in line.flaws.items()
                ],
            )
            for line in shown.refused[:_ROWS]
        ],
        missing=shown.missing[:_ROWS],
    )


@routes.add("POST", "/code-imports/{import_id}/apply", permissions=(Permission.CODE_EDIT,))
async def apply_import(call: PageCall, import_id: str) -> web.StreamResponse:
    """Apply the difference that was shown."""
    call.parse_form(Form)
    applied = await code_imports.apply_import(call.context, import_id)
    counts = applied.counts
    return redirect(
        f"/code-imports/{applied.id}",
        "flash.codes_imported",
        added=counts["added"],
        changed=counts["changed"],
    )
