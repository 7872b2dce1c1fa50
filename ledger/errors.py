"""Refused requests to the ledger; each changed nothing.

Those of accounts are in `ledger.staff_errors`, of codes in `ledger.codes.code_errors`, failures of
the storage in `ledger.storage.storage_errors`.
"""

from stamps.errors import VeritemError


class UnknownRow(VeritemError):
    """No row of this kind has this id."""

    code = "unknown-row"
    message = "there is no {kind} {id}"


class UnknownBatch(UnknownRow):
    """No batch has this number."""

    code = "unknown-batch"
    message = "there is no batch {batch}"


class UnknownLot(UnknownRow):
    """No lot has this code."""

    code = "unknown-lot"
    message = "there is no lot {lot}"


class UnknownOrder(UnknownRow):
    """No order has this id."""

    code = "unknown-order"
    message = "there is no order {order}"


class UnknownAlert(UnknownRow):
    """No alert has this number."""

    code = "unknown-alert"
    message = "there is no alert {alert}"


class UnknownReports(UnknownRow):
    """Nobody reported this stamp or code."""

    code = "unknown-reports"
    message = "there are no reports about {id}"


class UnknownHearing(UnknownRow):
    """The case of this hearing does not exist, or is another party's."""

    code = "unknown-hearing"
    message = "there is no hearing {hearing}"


class HearingDecided(VeritemError):
    """The case is decided: its parties answer no more."""

    code = "hearing-decided"
    message = "the case of hearing {hearing} is decided"


class HearingFull(VeritemError):
    """A party answered as often as it may."""

    code = "hearing-full"
    message = "a party answers at most {most} times"


class AlreadyExists(VeritemError):
    """A row with this id exists already, with other content."""

    code = "already-exists"
    message = "{kind} {id} exists already, with other content"


class ExportUnderWay(VeritemError):
    """An export of the organisation's data is under way."""

    code = "export-under-way"
    message = "an export of the data of {organisation} is under way; wait until it is ready"


class KeyReused(VeritemError):
    """The idempotency key was used before, for a request with other content."""

    code = "key-reused"
    message = "the idempotency key {key} was used before, for another request"


class SamePerson(VeritemError):
    """The person who requested an order cannot decide on it."""

    code = "same-person"
    message = "order {order} was requested by {actor}; another person must decide on it"


class UnknownProposal(UnknownRow):
    """There is no proposal of this number."""

    code = "unknown-proposal"
    message = "there is no proposal {proposal}"


class SecondPersonRequired(VeritemError):
    """The account that proposed something tries to decide on it, in whatever spelling."""

    code = "second-person-required"
    message = "proposal {proposal} was made by {actor}; another person must decide on it"


class AlreadyProposed(VeritemError):
    """Another open proposal is about the same subject."""

    code = "already-proposed"
    message = (
        "proposal {proposal} of {actor} on the same subject waits for a second person; "
        "decide on that one, or have it withdrawn"
    )


class ProposalNotOpen(VeritemError):
    """The proposal was decided, withdrawn or used already."""

    code = "proposal-state"
    message = "proposal {proposal} is {state}; {wanted} is needed for this"


class OrderNotOpen(VeritemError):
    """The order is not in the state that is needed."""

    code = "order-state"
    message = "order {order} is {state}; {wanted} is needed for this"


class ForeignOrder(VeritemError):
    """Another person than the requester tries to withdraw an order."""

    code = "foreign-order"
    message = "order {order} was requested by {actor}, who alone withdraws it"


class OrderAboveLimits(VeritemError):
    """The order is above the packer's quota or the crop, and nobody approved it a second time.

    `quota_left` and `crop_left` say what the limits leave for it; None where there is no limit.
    """

    code = "order-above-limits"
    message = (
        "order {order} of {count} stamps is above a limit (the quota leaves {quota_left}, the crop "
        "{crop_left}): it needs a reason and the approval of a second person"
    )


class OrderExceeded(VeritemError):
    """The batches of an order cannot have more stamps than were approved."""

    code = "order-exceeded"
    message = "order {order} has {left} stamps left, not {count}"


class NumbersExhausted(VeritemError):
    """All 2**24 batch numbers are in use."""

    code = "batch-numbers-exhausted"
    message = "all batch numbers are in use; a new installation of keys is needed"


class ManifestSet(VeritemError):
    """The batch has another manifest already."""

    code = "manifest-set"
    message = "batch {batch} has another manifest already"


class LotRequired(VeritemError):
    """The transition binds stamps to a lot, and none was named."""

    code = "lot-required"
    message = "{transition} must name a lot"


class LotNotAllowed(VeritemError):
    """A lot was named, and the transition binds none."""

    code = "lot-not-allowed"
    message = "{transition} binds no lot, yet {lot} was named"


class LotIncomplete(VeritemError):
    """The lot lacks mandatory items, named in `items`; no stamp can be bound to it.

    `kind` is its kind of produce; None: crops.
    """

    code = "lot-incomplete"
    message = "lot {lot} lacks {named}"

    def __init__(self, *, lot: str, items: list[str], kind: str | None = None) -> None:
        super().__init__(lot=lot, items=items, kind=kind, named=", ".join(items))


class LotRecalled(VeritemError):
    """The lot or stamps of it were recalled: nothing of the lot changes any more."""

    code = "lot-recalled"
    message = "lot {lot} was recalled; it cannot be changed, and no stamp can be bound to it"


class LotCodeTaken(VeritemError):
    """The code belongs to a lot of another organisation, of which the error shows nothing else."""

    code = "lot-code-taken"
    message = "the lot code {lot} is taken; choose another"


class LotReasonRequired(VeritemError):
    """Stamps are bound to the lot: a new version is a correction and must name its reason."""

    code = "lot-reason-required"
    message = "stamps are bound to lot {lot}; a correction ({changed}) must name a reason"


class LotConfirmationRequired(VeritemError):
    """Stamps are bound to the lot, and the correction changes what another person must confirm."""

    code = "lot-confirmation-required"
    message = "stamps are bound to lot {lot}; another person must confirm a change of {changed}"


class OrganisationDisabled(VeritemError):
    """The organisation is disabled: nothing is assigned to it."""

    code = "organisation-disabled"
    message = "the organisation {organisation} is disabled; have it enabled first"


class RowChanged(VeritemError):
    """The row was changed since the caller read it."""

    code = "row-changed"
    message = "the {kind} {id} was changed since it was read; read it again"


class EvidenceFull(VeritemError):
    """A registered code has as many pieces of evidence as it may have."""

    code = "evidence-full"
    message = "a registered code has at most {most} pieces of evidence"


class EvidenceState(VeritemError):
    """The state of a piece of evidence does not allow the act."""

    code = "evidence-state"
    message = "the evidence {id} is {state}; it cannot be {act}"


class MentionFull(VeritemError):
    """An organisation answered an event of another as often as it may."""

    code = "mention-full"
    message = "an event takes at most {most} answers of one organisation"


class TooManyInvitations(VeritemError):
    """An organisation has as many open invitations as it may have."""

    code = "too-many-invitations"
    message = "there are {most} open invitations already; withdraw some, or wait until they end"


class TooManyDrafts(VeritemError):
    """An organisation has as many drafts of lots as it may keep."""

    code = "too-many-drafts"
    message = "there are {most} drafts already; delete one or save its lot"


class LinkSetsFull(VeritemError):
    """An organisation has as many link sets as it may have."""

    code = "link-sets-full"
    message = "{organisation} has {most} link sets already; remove one first"


class LotChanged(VeritemError):
    """The lot was saved since the change was proposed; it must be proposed again."""

    code = "lot-changed"
    message = "lot {lot} has version {version} now; the change was proposed on version {base}"


class LotProductMismatch(VeritemError):
    """The batch was ordered for another product than the lot is of."""

    code = "lot-product-mismatch"
    message = "batch {batch} was issued for {ordered}; lot {lot} is of {product}"


class LotOwnerMismatch(VeritemError):
    """The batch was ordered for another packer than the lot belongs to."""

    code = "lot-owner-mismatch"
    message = "batch {batch} was issued for {packer}; lot {lot} belongs to {organisation}"


class NothingToRecall(VeritemError):
    """A recall found no stamp that can be recalled."""

    code = "nothing-to-recall"
    message = "{what} has no stamps that can be recalled"


class IllegalAlertDecision(VeritemError):
    """The alert cannot take this decision, or not with this cause."""

    code = "illegal-alert-decision"
    message = "an alert that is {state} cannot become {wanted}{why}"


class IllegalReportStep(VeritemError):
    """The reports cannot be taken to this state."""

    code = "illegal-report-step"
    message = "reports that are {state} cannot become {wanted}"


class LastPrintKey(VeritemError):
    """The only key of a print house cannot be retired: its bundles would be unencrypted."""

    code = "last-print-key"
    message = "{organisation} has no other key in use; add the new one first"


class WebhooksFull(VeritemError):
    """The organisation has as many webhooks as it can have."""

    code = "webhooks-full"
    message = "{organisation} has {most} webhooks already; remove one first"


class WebhookDisabled(VeritemError):
    """Nothing is sent to a disabled webhook."""

    code = "webhook-disabled"
    message = "the webhook {webhook} is disabled; enable it first"


class WebhookTestsLimited(VeritemError):
    """A webhook was sent as many test messages in an hour as are allowed."""

    code = "webhook-tests-limited"
    message = "a webhook is sent at most {most} test messages in an hour; try again later"


class UnknownMailLink(VeritemError):
    """The link that confirms an e-mail address is unknown, used, replaced or expired."""

    code = "unknown-mail-link"
    message = "the link does not work; it was used, replaced or expired"


class MailLimited(VeritemError):
    """The account asked for as many mails of a kind in an hour as are allowed."""

    code = "mail-limited"
    message = "such a mail is sent at most {most} times in an hour; try again later"


class MailNotResendable(VeritemError):
    """Only a dead mail without a link is sent again."""

    code = "mail-not-resendable"
    message = "mail {mail} cannot be sent again: it is no dead letter, or it held a link"


class UnknownSubmission(UnknownRow):
    """There is no submission of this number."""

    code = "unknown-submission"
    message = "there is no submission {submission}"


class SubmissionClosed(VeritemError):
    """The submission does not wait for a reviewer."""

    code = "submission-closed"
    message = "submission {submission} is {state}; it waits for no review"


class ReviewerInvolved(VeritemError):
    """Who submitted, wrote or confirmed a version does not review it."""

    code = "reviewer-involved"
    message = "{actor} had a part in this version of lot {lot}; another person must review it"


class VersionPublished(VeritemError):
    """The version of the lot is published already."""

    code = "version-published"
    message = "version {version} of lot {lot} is published already"


class CapturesFull(VeritemError):
    """The organisation has as many captures waiting as it can have."""

    code = "captures-full"
    message = "{most} documents of your organisation wait already; send this one again later"


class CaptureLost(VeritemError):
    """Another worker took the capture after the lease of this one ended."""

    code = "capture-lost"
    message = "capture {capture} is another worker's by now"


class QueriesFull(VeritemError):
    """The owner has as many named queries as one can have."""

    code = "queries-full"
    message = "there are {most} named queries already; remove one first"
