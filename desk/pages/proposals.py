"""Proposals: what waits for a second person, and the decision of that person."""

from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ConfirmationForm
from desk.pages.list_cells import name_proposal
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import ProposalState
from services.lists.find import find_person_names
from services.lists.proposals import PROPOSALS
from services.lists.subjects import find_subject_names
from services.proposals import proposals
from services.proposals.proposal_kinds import LOT_CHANGE, ORDER_EXCESS, PROPOSAL_PERMISSIONS, RECALL
from services.stamps import recalls

routes = PageRoutes()


@routes.add("GET", "/proposals", permissions=PROPOSAL_PERMISSIONS)
async def list_proposals(call: PageCall) -> web.StreamResponse:
    """List what waits for a second person, and what was decided."""
    texts = call.texts
    title, lead = texts("proposals.title"), texts("proposals.lead")
    return await render_list(call, PROPOSALS, title, lead=lead)


@routes.add("GET", "/proposals/{proposal}", permissions=PROPOSAL_PERMISSIONS)
async def show_proposal(call: PageCall, proposal: int) -> web.StreamResponse:
    """Show a proposal, and to a second person the decision; lots and orders show their own."""
    found = await proposals.get_proposal(call.context, proposal)
    shown_at = {LOT_CHANGE.name: "/lots/", ORDER_EXCESS.name: "/orders/"}.get(found.kind)
    if shown_at is not None and found.state is ProposalState.OPEN:
        return redirect(shown_at + quote(found.subject.partition(":")[2], safe=""))
    return await _render(call, proposal)


@routes.add("POST", "/proposals/{proposal}/approve", permissions=PROPOSAL_PERMISSIONS)
async def approve_proposal(call: PageCall, proposal: int) -> web.StreamResponse:
    """Approve a proposal; what it asks for is done at once. A recall asks for a tick."""
    found = await proposals.get_proposal(call.context, proposal)
    if found.kind == RECALL.name:
        call.parse_form(ConfirmationForm)
    await proposals.approve_proposal(call.context, proposal)
    return redirect(f"/proposals/{proposal}", "flash.proposal_approved")


@routes.add("POST", "/proposals/{proposal}/refuse", permissions=PROPOSAL_PERMISSIONS)
async def refuse_proposal(call: PageCall, proposal: int) -> web.StreamResponse:
    """Refuse a proposal."""
    await proposals.refuse_proposal(call.context, proposal)
    return redirect("/proposals", "flash.proposal_refused")


@routes.add("POST", "/proposals/{proposal}/withdraw", permissions=PROPOSAL_PERMISSIONS)
async def withdraw_proposal(call: PageCall, proposal: int) -> web.StreamResponse:
    """Withdraw one's own proposal."""
    await proposals.withdraw_proposal(call.context, proposal)
    return redirect("/proposals", "flash.proposal_withdrawn")


async def _render(call: PageCall, number: int) -> web.Response:
    proposal = await proposals.get_proposal(call.context, number)
    is_recall = proposal.kind == RECALL.name
    is_open = proposal.state is ProposalState.OPEN
    reach = (
        await recalls.preview_proposal(call.context, proposal) if is_recall and is_open else None
    )
    [names] = await find_subject_names(call.context, [proposal.subject])
    return render_page(
        call,
        "proposal.html",
        name_proposal(proposal.kind, proposal.subject, names, call.texts),
        proposal=proposal,
        people=await find_person_names(call.context, proposal.requested_by, proposal.decided_by),
        role=proposal.document.get("role"),
        is_recall=is_recall,
        reach=reach,
        is_own=proposal.requested_by == call.staff.id,
        may_decide=proposals.may_decide(call.context, proposal),
    )
