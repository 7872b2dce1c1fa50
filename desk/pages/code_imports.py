"""Pages of imports of codes: the file, the difference that it makes, and its application."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.code_values import describe_field, load_code_names
from desk.pages.forms import Form
from desk.pages.imports import MOST_MB, MOST_ROWS, UPLOAD_BYTES, describe_refused
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.codes import code_imports
from services.permissions import Permission

routes = PageRoutes()


@routes.add("GET", "/code-imports", permissions=(Permission.CODE_EDIT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a file."""
    return render_page(
        call,
        "code_import_form.html",
        call.texts("codes.import"),
        trail=[(call.texts("nav.codes"), "/codes")],
        most_lines=code_imports.MOST_LINES,
        most_mb=MOST_MB,
    )


@routes.add(
    "POST",
    "/code-imports",
    permissions=(Permission.CODE_EDIT,),
    limit=UPLOAD_BYTES,
)
async def preview_import(call: PageCall) -> web.StreamResponse:
    """Compare a file with the registry."""
    call.parse_form(Form)
    content = call.require_file("file")
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
            for line in shown.changes[:MOST_ROWS]
        ],
        refused=describe_refused(
            shown.refused, lambda name: call.texts(f"codes.{name}"), call.texts
        ),
        missing=shown.missing[:MOST_ROWS],
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
