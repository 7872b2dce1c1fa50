"""Reviews of lots: the queue, one submitted version with its decision, and how many review."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ApproveForm, ReturnForm, ReviewRuleForm, SubmitForm
from desk.pages.lists import render_list
from desk.pages.lot_evidence_texts import describe_completeness
from desk.pages.lot_texts import list_changed_fields, list_facts
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.result_texts import describe_results
from desk.pages.routing import PageRoutes, redirect
from ledger import SubmissionState
from services.diary.evidence import find_lot_evidence
from services.lists.find import find_person_names
from services.lists.reviews import SUBMISSIONS
from services.lots import lot_reviews
from services.lots.lot_reviews import ReviewFile
from services.permissions import Permission, has_permission
from stamps.timestamps import parse_rfc3339
from traceability.administrative_units import load_administrative_units
from traceability.lot_profiles import CROP, find_profile
from web.i18n import Texts, format_moment

routes = PageRoutes()


@routes.add("GET", "/reviews", permissions=(Permission.LOT_SEE,))
async def list_reviews(call: PageCall) -> web.StreamResponse:
    """List submitted versions: those that wait, if no other is asked for."""
    texts, actor = call.texts, call.context.actor
    may_review = has_permission(actor, Permission.LOT_REVIEW)
    actions = [("/review-rules", texts("reviews.rules"))] if may_review else []
    lead = texts("reviews.lead" if may_review else "reviews.lead_own")
    return await render_list(
        call,
        SUBMISSIONS,
        texts("reviews.title"),
        actions=actions,
        lead=lead,
        has_main_action=False,
    )


@routes.add("GET", "/reviews/{review}", permissions=(Permission.LOT_SEE,))
async def show_review(call: PageCall, review: int) -> web.StreamResponse:
    """Show a submitted version: its record, what differs, and the decision."""
    file = await lot_reviews.open_review(call.context, review)
    document, texts = file.submission.record["document"], call.texts
    evidence = await find_lot_evidence(call.context, file.lot)
    results = describe_results(file.results, texts, file.ended_results)
    return render_page(
        call,
        "review.html",
        file.submission.lot,
        file=file,
        one=file.submission,
        facts=list_facts(document, texts, call.language),
        stages=_list_stages(document, texts),
        completeness=file.submission.record["completeness"],
        changes=_compare(call, file),
        diary=describe_completeness(file.lot, evidence, texts).lines,
        results=results,
        later=describe_results(file.later_results, texts),
    )


@routes.add("POST", "/reviews/{review}/approve", permissions=(Permission.LOT_REVIEW,))
async def approve_version(call: PageCall, review: int) -> web.StreamResponse:
    """Approve a submitted version; the last approval that it needs publishes it."""
    comment = call.parse_form(ApproveForm).comment
    done = await lot_reviews.approve_version(call.context, review, comment)
    told = "published" if done.state is SubmissionState.PUBLISHED else "approved"
    return redirect(f"/reviews/{review}", f"flash.{told}")


@routes.add("POST", "/reviews/{review}/return", permissions=(Permission.LOT_REVIEW,))
async def return_version(call: PageCall, review: int) -> web.StreamResponse:
    """Return a submitted version with a comment."""
    comment = call.parse_form(ReturnForm).comment
    await lot_reviews.return_version(call.context, review, comment)
    return redirect(f"/reviews/{review}", "flash.returned")


@routes.add("POST", "/lots/{lot}/submit", permissions=(Permission.LOT_SUBMIT,))
async def submit_version(call: PageCall, lot: str) -> web.StreamResponse:
    """Submit a lot for review, in the version that the page showed."""
    form = call.parse_form(SubmitForm)
    await lot_reviews.submit_version(call.context, lot, form.version, form.note)
    return redirect(f"/lots/{quote(lot, safe='')}", "flash.submitted")


@routes.add("POST", "/reviews/{review}/withdraw", permissions=(Permission.LOT_SUBMIT,))
async def withdraw_version(call: PageCall, review: int) -> web.StreamResponse:
    """Withdraw a submitted version of the own organisation."""
    await lot_reviews.withdraw_version(call.context, review)
    return redirect(f"/reviews/{review}", "flash.submission_withdrawn")


@routes.add("GET", "/review-rules", permissions=(Permission.LOT_REVIEW,))
async def list_rules(call: PageCall) -> web.StreamResponse:
    """List how many people review records, with the form that sets it."""
    rules = await lot_reviews.list_review_rules(call.context)
    provinces, own = load_administrative_units().provinces, call.context.actor.province
    country = call.texts("reviews.country")
    named = [
        (provinces[one.province].name(call.language) if one.province else country, one)
        for one in rules
    ]
    return render_page(
        call,
        "review_rules.html",
        call.texts("reviews.rules"),
        rules=named,
        people=await find_person_names(call.context, *(one.set_by for one in rules)),
        provinces=[pair for pair in list_provinces(call) if own in (None, pair[0])],
        own=own,
    )


@routes.add("POST", "/review-rules", permissions=(Permission.REVIEW_RULE_SET,))
async def set_rule(call: PageCall) -> web.StreamResponse:
    """Set how many people review the records of a province or of the country."""
    form = call.parse_form(ReviewRuleForm)
    await lot_reviews.set_review_rule(call.context, form.province, form.reviewers)
    return redirect("/review-rules", "flash.review_rule_set")


def _list_stages(document: Mapping[str, Any], texts: Texts) -> list[tuple[str, str, str]]:
    """Name, time and place of each stage of a public record."""
    profile = find_profile(document.get("kind") or CROP)
    return [
        (
            profile.name_stage(stage["stage"], texts.language)
            or texts(f"reviews.stage_{stage['stage']}"),
            format_moment(parse_rfc3339(stage["at"]), texts.language) if "at" in stage else "",
            " · ".join(filter(None, [stage.get("by"), stage.get("location")])),
        )
        for stage in document.get("stages", ())
    ]


def _compare(call: PageCall, file: ReviewFile) -> Mapping[str, Sequence[Any]] | None:
    """What differs from the published record; None where nothing else is published."""
    published = file.published
    if published is None or published.submission == file.submission.id:
        return None
    before, after = published.record["document"], file.submission.record["document"]
    old = dict(list_facts(before, call.texts, call.language))
    new = dict(list_facts(after, call.texts, call.language))
    return {
        "facts": [
            (label, old.get(label, "–"), new.get(label, "–"))
            for label in {**old, **new}
            if old.get(label) != new.get(label)
        ],
        "fields": list_changed_fields(before, after),
    }
