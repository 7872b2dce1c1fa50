"""Print proofs: send a photo or scan of a printed sheet, and see what is wrong with it."""

from typing import Final

from aiohttp import web

from desk.pages.batches import list_trail
from desk.pages.call import PageCall
from desk.pages.forms import SheetForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from printing.proofs.inspection import MOST_BYTES
from services.batches import print_proofs
from services.lists.find import find_person_names
from services.permissions import Permission
from stamps.serial_range import format_serial_range
from web.security_headers import SANDBOX

routes = PageRoutes()

_FORM_BYTES: Final = 65_536
_FIELD: Final = "proof"
_SHOWN_MISSING: Final = 50


@routes.add(
    "POST",
    "/batches/{batch}/proofs",
    permissions=(Permission.PRINT_REPORT,),
    limit=MOST_BYTES + _FORM_BYTES,
)
async def add_proof(call: PageCall, batch: int) -> web.StreamResponse:
    """Judge a proof and lead to what it showed."""
    form = call.parse_form(SheetForm)
    content = call.require_file(_FIELD)
    judged = await print_proofs.add_proof(
        call.context,
        call.runtime.proofs,
        batch,
        content,
        call.key,
        print_proofs.StatedSheet(form.first, form.last),
    )
    return redirect(f"/batches/{batch}/proofs/{judged.proof.id}")


@routes.add("GET", "/batches/{batch}/proofs/{proof}", permissions=(Permission.BATCH_SEE,))
async def show_proof(call: PageCall, batch: int, proof: str) -> web.StreamResponse:
    """Show what a proof showed, on the sheet and as a list."""
    judged = await print_proofs.get_proof(call.context, batch, proof)
    findings = judged.findings
    return render_page(
        call,
        "proof.html",
        call.texts("proof.one", number=batch),
        trail=list_trail(call, batch),
        batch=batch,
        proof=judged.proof,
        people=await find_person_names(call.context, judged.proof.actor),
        findings=findings,
        sheet=findings.sheet
        and format_serial_range(batch, findings.sheet[0], findings.sheet[1] + 1),
        faults=[one for one in findings.symbols if one.finding != "good"],
        is_graded=not findings.symbols or any(one.grade for one in findings.symbols),
        missing=[
            format_serial_range(batch, index, index + 1)
            for index in findings.missing[:_SHOWN_MISSING]
        ],
    )


@routes.add("GET", "/batches/{batch}/proofs/{proof}/picture", permissions=(Permission.BATCH_SEE,))
async def show_picture(call: PageCall, batch: int, proof: str) -> web.StreamResponse:
    """The picture of a proof, on which no code can be read."""
    judged = await print_proofs.get_proof(call.context, batch, proof)
    return web.Response(
        body=judged.proof.picture,
        content_type="image/jpeg",
        headers={**SANDBOX, "Cache-Control": "private, max-age=3600"},
    )
