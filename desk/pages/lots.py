"""Lots: list, one lot with what it lacks, changes that wait, recall."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ChangeDecisionForm, RecallForm
from desk.pages.lists import render_list
from desk.pages.lot_evidence_texts import describe_completeness
from desk.pages.lot_texts import list_changed_fields, list_facts
from desk.pages.render import render_page
from desk.pages.result_texts import describe_results
from desk.pages.routing import PageRoutes, redirect
from ledger import LotChange, LotRow, Proposal, RecallReach
from services import ServiceContext
from services.alerts import hearings
from services.codes import registered_codes
from services.diary.evidence import find_lot_evidence
from services.home import count_recalled_lots
from services.lists.find import find_person_names
from services.lists.lots import LOTS
from services.lots import lot_drafts, lot_reviews, lots
from services.permissions import Permission, has_permission
from services.product_lists.product_lists import find_requirement
from services.proposals import proposals
from services.stamps import recalls
from stamps.lifecycle import REASONS, Transition
from traceability.lot_profiles import list_labels
from web.i18n import Language, Texts, join_words

routes = PageRoutes()


@routes.add("GET", "/lots", permissions=(Permission.LOT_SEE,))
async def list_lots(call: PageCall) -> web.StreamResponse:
    """List the lots."""
    may_put = has_permission(call.context.actor, Permission.LOT_PUT)
    pages = [("/lot-imports", "lots.import"), ("/new-lot", "activate.new_lot")] if may_put else []
    actions = [(path, call.texts(text)) for path, text in pages]
    if may_put and (count := await lot_drafts.count_drafts(call.context)):
        actions.insert(0, ("/lot-drafts", call.texts("lots.drafts_count", count=count)))
    lead = await _tell_recalls(call)
    return await render_list(call, LOTS, call.texts("lots.title"), actions=actions, lead=lead)


async def _tell_recalls(call: PageCall) -> str | None:
    """What a grower is told above its lots: those of its areas that were recalled lately."""
    count = await count_recalled_lots(call.context)
    return call.texts.plural("lots.recalled_of_areas", count) if count else None


@routes.add("GET", "/lots/{lot}", permissions=(Permission.LOT_SEE,))
async def show_lot(call: PageCall, lot: str) -> web.StreamResponse:
    """Show a lot."""
    return await _render_lot(call, lot)


@routes.add("POST", "/lots/{lot}/confirm", permissions=(Permission.LOT_CONFIRM,))
async def confirm_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Confirm the change of a lot that another person proposed; it is saved at once."""
    return await _decide(call, lot, proposals.approve_proposal)


@routes.add("POST", "/lots/{lot}/refuse", permissions=(Permission.LOT_CONFIRM,))
async def refuse_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Refuse the change of a lot that another person proposed."""
    return await _decide(call, lot, proposals.refuse_proposal)


@routes.add("POST", "/lots/{lot}/withdraw", permissions=(Permission.LOT_PUT,))
async def withdraw_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Withdraw the own proposal to change a lot."""
    return await _decide(call, lot, proposals.withdraw_proposal)


async def _decide(
    call: PageCall, lot: str, decide: Callable[[ServiceContext, int], Awaitable[object]]
) -> web.StreamResponse:
    await decide(call.context, call.parse_form(ChangeDecisionForm).proposal)
    return redirect(f"/lots/{quote(lot, safe='')}")


@routes.add("POST", "/lots/{lot}/recall", permissions=(Permission.RECALL,))
async def recall_lot(call: PageCall, lot: str) -> web.StreamResponse:
    """Propose to recall every stamp of the lot, once the tick confirms it."""
    form = call.parse_form(RecallForm)
    proposal = await recalls.propose_recall(call.context, lot=lot, reason=form.reason, key=call.key)
    return redirect(f"/proposals/{proposal.id}")


async def _preview_recall(call: PageCall, code: str) -> RecallReach | None:
    """Return the reach of a recall of the lot; None for who cannot propose it."""
    if not has_permission(call.context.actor, Permission.RECALL):
        return None
    return await recalls.preview_recall(call.context, lot=code)


async def _render_lot(call: PageCall, code: str) -> web.Response:
    row = await lots.get_lot(call.context, code)
    versions = await lots.list_versions(call.context, code, after=call.query.get("after"))
    pending = await lots.find_pending_change(call.context, code)
    refusal = await registered_codes.find_code_refusal(call.context, row)
    actors = [row.actor, *(who for one in versions.items for who in (one.actor, one.confirmed_by))]
    evidence = await find_lot_evidence(call.context, row)
    review = await lot_reviews.find_review_status(call.context, code)
    return render_page(
        call,
        "lot.html",
        row.code,
        lot=row,
        facts=list_facts(row.document, call.texts, call.language),
        recall=(await recalls.find_recalls(call.context, [row.code])).get(row.code),
        missing=list_labels(row.document.get("kind"), row.missing, call.language),
        unusable=refusal and call.texts(f"problem.{refusal.code}", **refusal.evidence),
        reasons=REASONS[Transition.RECALL],
        reach=await _preview_recall(call, code),
        versions=[
            (
                version,
                join_words([call.texts(f"part.{part}") for part in version.changed], call.language),
            )
            for version in versions.items
        ],
        next_page=versions.next,
        people=await find_person_names(
            call.context, *actors, pending.requested_by if pending else None
        ),
        cautioned=await hearings.list_of_lot(call.context, code),
        completeness=describe_completeness(row, evidence, call.texts),
        pending=pending,
        review=review,
        requirement=await find_requirement(call.context, row),
        results=describe_results(review.results, call.texts),
        change=pending and _describe_change(row, pending, call.texts, call.language),
        is_own=pending is not None and pending.requested_by == call.staff.id,
        may_decide=pending is not None and proposals.may_decide(call.context, pending),
    )


def _describe_change(
    row: LotRow, pending: Proposal, texts: Texts, language: Language
) -> dict[str, Any]:
    """Return the changes of a proposal: the parts, the values on the page, and every field."""
    change = LotChange.from_document(pending.document)
    before = dict(list_facts(row.document, texts, language))
    after = dict(list_facts(change.lot.document, texts, language))
    return {
        "parts": join_words([texts(f"part.{part}") for part in change.changed], language),
        "facts": [
            (label, before.get(label, "–"), after.get(label, "–"))
            for label in {**before, **after}
            if before.get(label) != after.get(label)
        ],
        "fields": list_changed_fields(row.document, change.lot.document),
    }
