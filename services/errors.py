"""Refusals of the use cases themselves; the ledger, issuer and printing raise their own."""

from collections.abc import Sequence
from typing import Final

from stamps.errors import VeritemError

_MOST_NAMED: Final = 20
"""Lines that `UnreadLines` names; the others are counted."""


class Forbidden(VeritemError):
    """The actor's role lacks the permission."""

    code = "forbidden"
    message = "the role {role} lacks the permission {permission}"


class NotConfirmed(Forbidden):
    """A second person has not confirmed the actor's account yet."""

    code = "not-confirmed"
    message = "the account {account} may do nothing until another person confirms it"


class TokenLimited(VeritemError):
    """A token with some of its account's permissions may not change the account itself."""

    code = "token-limited"
    message = "a token that is limited to some permissions does not change its account"


class InvalidInput(VeritemError):
    """A field of the input is missing or has a value that is not accepted."""

    code = "invalid-input"
    message = "{field}: {why}"


class EvidenceTooLarge(VeritemError):
    """A file of evidence has too many bytes."""

    code = "evidence-too-large"
    message = "a file of evidence has at most {most} bytes"


class SamePersonEvidence(VeritemError):
    """Whoever sent evidence does not release it, and whoever withdrew it does not erase it."""

    code = "same-person-evidence"
    message = "another person must do this with the evidence {id}"


class OrderIncomplete(VeritemError):
    """The order names no packer or no product, so nobody can approve it."""

    code = "order-incomplete"
    message = "order {order} names no {missing}; withdraw it, or refuse it, and order again"


class ExcessReasonRequired(VeritemError):
    """The order is above a limit and says no reason.

    `quota_left` and `crop_left` say what the limits leave for it; None where there is no limit.
    """

    code = "excess-reason-required"
    message = (
        "{count} stamps are above a limit (the quota leaves {quota_left}, the crop {crop_left}): "
        "say why in excess_reason; two people must approve such an order"
    )


class SimilarOrder(VeritemError):
    """The packer ordered as many stamps of the product a few days ago."""

    code = "similar-order"
    message = (
        "order {order} of {requested_at} is the same in packer, product and count; "
        "say that this is another one (again)"
    )


class NotAssigned(VeritemError):
    """Only the print house and the packer that an order names make its stamps void."""

    code = "not-assigned"
    message = "the stamps of batch {batch} are not assigned to {organisation}"


class KeyRequired(VeritemError):
    """The idempotency key is missing or malformed."""

    code = "key-required"
    message = "the idempotency key must have 1 to {longest} printable ASCII characters"


class OrganisationEnabled(VeritemError):
    """The organisation is enabled, so nothing is proposed."""

    code = "organisation-enabled"
    message = "the organisation {organisation} is enabled"


class IssuerRequired(VeritemError):
    """The use case needs the issuer's keys, which this process has not loaded."""

    code = "issuer-required"
    message = "the issuer's keys are not loaded"


class ForeignPlace(VeritemError):
    """The lot names a place that is not registered to the organisation that it belongs to.

    A place of another organisation and one that nobody registered are answered alike.
    """

    code = "foreign-place"
    message = "{place} is not registered as a {kind} of {organisation}"


class CodeState(VeritemError):
    """The registered code is in a status that does not allow the step."""

    code = "code-state"
    message = "the code {place} is {status}; it must be restored before you {action} it"


class ImportRefused(VeritemError):
    """The file has lines that cannot be applied; nothing of it is."""

    code = "import-refused"
    message = "{lines} lines cannot be applied, the first is line {line}; nothing was applied"


class BundleNotReady(VeritemError):
    """The bundle's files are not written yet; `state` says how far it is."""

    code = "bundle-not-ready"
    message = "the bundle of batch {batch} as {form} is {state}"


class DeadDownloadLink(VeritemError):
    """The download link expired, or this desk did not make it, or its account may not use it."""

    code = "dead-download-link"
    message = "this download link does not work any more; links live for {hours} hours"


class BatchPrinted(VeritemError):
    """Every stamp of the batch is reported, so its files are handed out no more."""

    code = "batch-printed"
    message = "every stamp of batch {batch} is reported; its files are not handed out any more"


class ExportNotReady(VeritemError):
    """The export has no file yet, or no more."""

    code = "export-not-ready"
    message = "the export {export} is {state}; there is no file to download"


class ExportTaken(VeritemError):
    """Another worker writes the export by now."""

    code = "export-taken"
    message = "another process writes the export {export}"


class UnknownCatalogue(VeritemError):
    """There is no catalogue of this name."""

    code = "unknown-catalogue"
    message = "there is no catalogue {name}"


class UnknownBundleFormat(VeritemError):
    """There are no bundles in this format."""

    code = "unknown-bundle-format"
    message = "there is no bundle format {form}; there are {known}"


class UnknownBundleFile(VeritemError):
    """The bundle has no file of this name."""

    code = "unknown-bundle-file"
    message = "the bundle has no file {file}"


class WrongSetupCode(VeritemError):
    """The code is not one of the app that is being set up."""

    code = "wrong-setup-code"
    message = "the code does not fit; scan the picture again and type the code that the app shows"


class SetupExpired(VeritemError):
    """The set-up of an app was begun too long ago, or in another session."""

    code = "setup-expired"
    message = "the set-up of the app has expired; scan the new picture"


class NoOneTimeCodes(VeritemError):
    """The account has no one-time codes, so it needs no recovery codes."""

    code = "no-one-time-codes"
    message = "the account has no one-time codes; turn them on first"


class TokenLifetime(VeritemError):
    """The lifetime asked for a token is outside of the allowed range."""

    code = "token-lifetime"
    message = "a token lives for 1 to {most} days"


class SignInHours(VeritemError):
    """The lifetime asked for a command line's sign-in is outside of the allowed range."""

    code = "sign-in-hours"
    message = "a command line is signed in for 1 to {most} hours"


class SignInLimited(VeritemError):
    """Too many wrong attempts from here, or at this account; `seconds` says when to try again."""

    code = "sign-in-limited"
    message = "too many sign-in attempts; try again in {seconds} seconds"


class UploadsLimited(SignInLimited):
    """One organisation stored too many files; `seconds` says when to try again."""

    code = "uploads-limited"
    message = "too many files; try again in {seconds} seconds"


class InvitationLimited(SignInLimited):
    """Too many wrong codes of invitations from here; `seconds` says when to try again."""

    code = "invitation-limited"
    message = "too many wrong invitation codes; try again in {seconds} seconds"


class ConfirmationLimited(SignInLimited):
    """Too many wrong passwords or one-time codes in a session; `seconds` says when to try again."""

    code = "confirmation-limited"
    message = "too many wrong passwords or one-time codes; try again in {seconds} seconds"


class MailOff(VeritemError):
    """No mail server is named in the settings, so no mail is sent."""

    code = "mail-off"
    message = "no mail is sent here: notices.mail_server is not set"


class PhoneShutOut(VeritemError):
    """The phone was shut out of field checks, or its account was disabled."""

    code = "phone-shut-out"
    message = "the phone {phone} was shut out of field checks"


class ForeignAddress(VeritemError):
    """The symbol names an address that is none of ours; no code is taken from it."""

    code = "foreign-address"
    message = "{host} is no address of ours ({reasons}); no code is taken from it"


class CheckLimited(SignInLimited):
    """One account checked too many stamps; `seconds` says when to try again."""

    code = "checks-limited"
    message = "too many checks; try again in {seconds} seconds"


class UnreadLines(VeritemError):
    """Lines of a text that cannot be read; `lines` has number, text, code and reason of each."""

    code = "unread-lines"
    message = "line {line} ({text}): {why}"

    def __init__(self, lines: Sequence[tuple[int, str, str, str]]) -> None:
        line, text, _, why = lines[0]
        super().__init__(
            line=line, text=text, why=why, lines=list(lines[:_MOST_NAMED]), count=len(lines)
        )
