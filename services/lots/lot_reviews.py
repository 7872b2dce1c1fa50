"""Review and publication of lots: an organisation submits a version, an authority decides.

What is reviewed is the public record of one version (`traceability.lot_record`), as consumers will
see it. It is published once one reviewer approves it, or two where a rule of the province or of the
country asks for two. Stamps can be activated without a publication: the page says then that nobody
reviewed the lot.

A record quotes what laboratories and certifiers tell of the lot (`services.diary.lot_results`), as
it is when the version is submitted. A later result, and one that its laboratory corrects, wait for
the next submission, of the same version too. Whoever publishes a record with a result above its
limit says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from issuer.publication import sign_publication
from ledger import LotRow, Publication, ReviewRule, ReviewStep, Submission
from ledger.account_names import is_same_account
from ledger.chains.hash_chain import digest_json
from ledger.errors import LotChanged, UnknownLot, UnknownRow, UnknownSubmission
from ledger.lots.review_rules import COUNTRY
from services import scope
from services.context import ServiceContext
from services.diary.lot_results import find_lot_results
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission, require_permission
from traceability import Lot
from traceability.administrative_units import load_administrative_units
from traceability.diary.lot_results import LotResults, read_results
from traceability.lot_record import make_record

LONGEST_COMMENT: Final = 4_000
MOST_REVIEWERS: Final = 2


@dataclass(frozen=True, slots=True)
class ReviewStatus:
    """What is published of a lot, and what was submitted last."""

    published: Publication | None
    last: Submission | None
    comment: ReviewStep | None
    """The last step of the review, where it returned the version with a comment."""
    may_submit: bool
    may_withdraw: bool
    results: LotResults
    """What laboratories and certifiers tell of the lot now."""
    later_results: LotResults
    """Those of them that the published record does not have; none where nothing is published."""
    ended_results: frozenset[str]
    """Events of the published record that their organisation corrected or took back since."""


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A submitted version as its reviewer sees it."""

    submission: Submission
    lot: LotRow
    """The lot as it is now, which may have a later version."""
    organisation: str
    """The name of its organisation."""
    steps: Sequence[ReviewStep]
    published: Publication | None
    """What was published before, or by this review."""
    people: Mapping[str, str]
    """Names of those who acted, by account."""
    may_review: bool
    """Whether the actor may approve it or return it."""
    is_involved: bool
    """Whether the actor had a part in it, and so does not review it."""
    may_withdraw: bool
    results: LotResults
    """What its record quotes of laboratories and certifiers."""
    later_results: LotResults
    """What is told since and is not in the record."""
    ended_results: frozenset[str]
    """Events of the record that their organisation corrected or took back since."""

    @property
    def needs_reason(self) -> bool:
        """Whether whoever approves it says why: a result is above its limit."""
        return bool(self.results.above or self.later_results.above)

    @property
    def approvals(self) -> int:
        """How many reviewers have approved it."""
        return sum(step.what == "approve" for step in self.steps)


async def submit_version(
    context: ServiceContext, lot: str, version: int, note: str = ""
) -> Submission:
    """Submit a version of a lot, which must be the last; sent twice it is one submission.

    Raises `Forbidden`, `InvalidInput`, `UnknownLot`, `LotChanged`, `LotIncomplete`, `LotRecalled`,
    `VersionPublished`.
    """
    require_permission(context, Permission.LOT_SUBMIT)
    note = _check_comment(note, "note")
    row = await scope.find_lot(context, lot)
    if row.organisation is None:
        raise InvalidInput(field="lot", why="belongs to no organisation")
    if row.version != version:
        raise LotChanged(lot=lot, base=version, version=row.version)
    results = await find_lot_results(context, row)
    return await context.ledger.lot_submissions.submit(
        lot,
        version,
        _make_record(row, row.organisation, results),
        quoted=results.events,
        note=note,
        actor=context.actor.id,
        at=context.clock(),
    )


async def approve_version(context: ServiceContext, id_: int, comment: str = "") -> Submission:
    """Approve a submitted version; the last approval that is needed signs and publishes it.

    Where a result is above its limit, the comment says why it is published all the same.

    Raises `Forbidden`, `InvalidInput`, `UnknownSubmission`, `SubmissionClosed`, `ReviewerInvolved`,
    `LotRecalled`, `AccountRequired`, `IssuerRequired`, `NoSigningKey`.
    """
    require_permission(context, Permission.LOT_REVIEW)
    comment = _check_comment(comment, "comment")
    submission, lot = await _find(context, id_)
    issuer = context.require_issuer()
    if not comment and submission.state.is_open:
        told = await find_lot_results(context, lot)
        if read_results(submission.record).above or told.above:
            why = "is missing: a result is above its limit, so say why the record is published"
            raise InvalidInput(field="comment", why=why, expected="missing")
    return await context.ledger.lot_submissions.approve(
        id_,
        comment,
        actor=context.actor.id,
        at=context.clock(),
        sign=lambda told: sign_publication(told, issuer.signer, issuer.keys.ring.newest),
    )


async def return_version(context: ServiceContext, id_: int, comment: str) -> Submission:
    """Return a submitted version to its organisation, with a comment that says why.

    Raises `Forbidden`, `InvalidInput`, `UnknownSubmission`, `SubmissionClosed`, `ReviewerInvolved`,
    `AccountRequired`.
    """
    require_permission(context, Permission.LOT_REVIEW)
    comment = _check_comment(comment, "comment")
    if not comment:
        raise InvalidInput(field="comment", why="is missing", expected="missing")
    await _find(context, id_)
    return await context.ledger.lot_submissions.send_back(
        id_, comment, actor=context.actor.id, at=context.clock()
    )


async def withdraw_version(context: ServiceContext, id_: int) -> Submission:
    """Withdraw a submitted version of the own organisation.

    Raises `Forbidden`, `UnknownSubmission`, `SubmissionClosed`.
    """
    require_permission(context, Permission.LOT_SUBMIT)
    await _find(context, id_)
    return await context.ledger.lot_submissions.withdraw(
        id_, actor=context.actor.id, at=context.clock()
    )


async def open_review(context: ServiceContext, id_: int) -> ReviewFile:
    """A submitted version with its review. Raises `Forbidden`, `UnknownSubmission`."""
    require_permission(context, Permission.LOT_SEE)
    submission, lot = await _find(context, id_)
    ledger, actor = context.ledger, context.actor
    steps = await ledger.lot_submissions.list_steps(id_)
    [version] = await ledger.lots.list_versions(lot.code, before=submission.version + 1, limit=1)
    authors = [submission.submitted_by, version.actor, *filter(None, [version.confirmed_by])]
    is_involved = any(is_same_account(one, actor.id) for one in authors)
    has_approved = any(
        step.what == "approve" and is_same_account(step.actor, actor.id) for step in steps
    )
    is_open = submission.state.is_open
    organisation = await ledger.organisations.get(submission.organisation)
    results = read_results(submission.record)
    later = _list_later(await find_lot_results(context, lot), results)
    return ReviewFile(
        submission=submission,
        lot=lot,
        organisation=organisation.name,
        steps=steps,
        published=await ledger.lot_submissions.find_publication(lot.code),
        people=await find_person_names(context, *(step.actor for step in steps)),
        may_review=is_open
        and not is_involved
        and not has_approved
        and has_permission(actor, Permission.LOT_REVIEW),
        is_involved=is_open and is_involved and has_permission(actor, Permission.LOT_REVIEW),
        may_withdraw=is_open and has_permission(actor, Permission.LOT_SUBMIT),
        results=results,
        later_results=later,
        ended_results=await _list_ended(context, submission.id),
    )


async def find_review_status(context: ServiceContext, lot: str) -> ReviewStatus:
    """What is published of a lot, and what was submitted last. Raises `Forbidden`, `UnknownLot`."""
    require_permission(context, Permission.LOT_SEE)
    row = await scope.find_lot(context, lot)
    submissions = context.ledger.lot_submissions
    published, last = await submissions.find_publication(lot), await submissions.find_last(lot)
    is_open = last is not None and last.state.is_open
    comment = None
    if last is not None and last.state == "returned":
        comment = (await submissions.list_steps(last.id))[-1]
    may = has_permission(context.actor, Permission.LOT_SUBMIT) and row.organisation is not None
    results = await find_lot_results(context, row)
    later, ended = LotResults(), frozenset[str]()
    if published is not None:
        later = _list_later(results, read_results(published.record))
        ended = await _list_ended(context, published.submission)
    told = None
    if row.organisation is not None:
        told = (row.version, digest_json(_make_record(row, row.organisation, results)))
    is_waiting = last is not None and is_open and (last.version, last.sha256) == told
    is_published = published is not None and (published.version, published.sha256) == told
    return ReviewStatus(
        published=published,
        last=last,
        comment=comment,
        may_submit=may
        and not row.missing
        and row.recalled_at is None
        and not is_waiting
        and not is_published,
        may_withdraw=may and is_open,
        results=results,
        later_results=later,
        ended_results=ended,
    )


async def get_publication(context: ServiceContext, lot: str) -> Publication:
    """What is published of a lot. Raises `Forbidden`, `UnknownLot`, `UnknownRow`."""
    require_permission(context, Permission.LOT_SEE)
    await scope.find_lot(context, lot)
    published = await context.ledger.lot_submissions.find_publication(lot)
    if published is None:
        raise UnknownRow(kind="publication", id=lot)
    return published


async def list_review_rules(context: ServiceContext) -> list[ReviewRule]:
    """The rules of provinces, and of the country. Raises `Forbidden`."""
    require_permission(context, Permission.LOT_REVIEW)
    return await context.ledger.review_rules.list()


async def set_review_rule(context: ServiceContext, province: str, reviewers: int) -> ReviewRule:
    """Set how many people review records of a province; the empty province is the whole country.

    An authority of a province sets that of its own. It holds for what is submitted from now on.
    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.REVIEW_RULE_SET)
    own = context.actor.province
    if province != COUNTRY and province not in load_administrative_units().provinces:
        raise InvalidInput(field="province", why=f"there is no province {province}")
    if own is not None and province != own:
        raise InvalidInput(field="province", why="is not the own one")
    if not 1 <= reviewers <= MOST_REVIEWERS:
        raise InvalidInput(field="reviewers", why=f"must be from 1 to {MOST_REVIEWERS}")
    return await context.ledger.review_rules.put(
        province, reviewers, actor=context.actor.id, at=context.clock()
    )


async def _find(context: ServiceContext, id_: int) -> tuple[Submission, LotRow]:
    """The submission and its lot, if the lot is in scope. Raises `UnknownSubmission`."""
    submission = await context.ledger.lot_submissions.get(id_)
    try:
        return submission, await scope.find_lot(context, submission.lot)
    except UnknownLot:
        raise UnknownSubmission(submission=id_) from None


def _make_record(row: LotRow, organisation: str, results: LotResults) -> dict[str, Any]:
    lot = Lot.from_document(row.document)
    return make_record(lot, row.version, organisation, results.to_document())


def _list_later(now: LotResults, told: LotResults) -> LotResults:
    """The results of now that a record does not have."""
    known = told.events
    return LotResults(
        tests=tuple(one for one in now.tests if (one.organisation, one.event) not in known),
        certificates=tuple(
            one for one in now.certificates if (one.organisation, one.event) not in known
        ),
    )


async def _list_ended(context: ServiceContext, submission: int) -> frozenset[str]:
    """The events of a record that their organisation corrected or took back."""
    errors = await context.ledger.lot_submissions.list_quoted_errors(submission)
    return frozenset(one.event for one in errors)


def _check_comment(text: str, field: str) -> str:
    kept = text.replace("\r\n", "\n").strip()
    if len(kept) > LONGEST_COMMENT:
        why = f"must have at most {LONGEST_COMMENT} characters"
        raise InvalidInput(field=field, why=why, most=LONGEST_COMMENT)
    return kept
