"""Refused requests about accounts, sign-ins, tokens, sessions and devices."""

from ledger.errors import UnknownRow
from stamps.errors import VeritemError


class AccountRequired(VeritemError):
    """A decision names somebody who has no account, or one that may not decide."""

    code = "account-required"
    message = "{actor} {why}; a decision needs two accounts that are enabled and confirmed"


class AlreadyFounded(VeritemError):
    """There are accounts already that add and confirm others."""

    code = "already-founded"
    message = "there are accounts that add and confirm others already; ask one to add yours"


class NobodyElse(VeritemError):
    """Nobody would be left to confirm an account."""

    code = "nobody-else"
    message = (
        "a third administrator must confirm {account} after the reset, and there is none; add one "
        "first"
    )


class UnknownStaff(UnknownRow):
    """There is no account of this name."""

    code = "unknown-staff"
    message = "there is no staff account {staff}"


class UnknownToken(VeritemError):
    """The token is unknown, expired or revoked, or its account is disabled."""

    code = "unknown-token"
    message = "the token is unknown, expired or revoked"


class LastAdministrator(VeritemError):
    """Nobody would be left to manage accounts."""

    code = "last-administrator"
    message = "{account} is the last administrator; make another one first"


class TooFewAdministrators(VeritemError):
    """Fewer than two administrators outside of the organisation could enable it again."""

    code = "too-few-administrators"
    message = (
        "fewer than two administrators outside of {organisation} could enable it again; make "
        "another one first"
    )


class AccountActive(VeritemError):
    """The account is in use, so nothing of it is erased."""

    code = "account-active"
    message = "{account} is in use; disable the account first"


class UnknownInvitation(VeritemError):
    """The link was not made here, has expired, or was used or replaced."""

    code = "unknown-invitation"
    message = "the invitation is not valid, or no longer; ask for a new link"


class InvitationOpen(VeritemError):
    """The person has not accepted the invitation, so the account is nobody's yet."""

    code = "invitation-open"
    message = "{account} has not accepted the invitation; confirm the account after that"


class AccountDisabled(VeritemError):
    """The account is disabled, so nothing is reset."""

    code = "account-disabled"
    message = "{account} is disabled; enable the account first"


class UnknownSession(VeritemError):
    """The account has no session of this id."""

    code = "unknown-session"
    message = "the account has no such session"


class WrongCredentials(VeritemError):
    """The name, the password or the one-time code is wrong; the error does not say which."""

    code = "wrong-credentials"
    message = "the name, the password or the one-time code is not right"


class SignInBusy(VeritemError):
    """Too many passwords wait to be checked; `seconds` says when to try again."""

    code = "sign-in-busy"
    message = "too many people sign in at once; try again in {seconds} seconds"


class WeakPassword(VeritemError):
    """The password is too short or too easily guessed."""

    code = "weak-password"
    message = "the password cannot be used: {why}"


class UnknownDevice(VeritemError):
    """There is no device with this id."""

    code = "unknown-device"
    message = "there is no device {id}"


class WrongEnrolmentCode(VeritemError):
    """The code is not known, was used, has expired, or its device was revoked."""

    code = "wrong-enrolment-code"
    message = "the enrolment code is not valid, or no longer: ask for a new one"


class DeviceKeyTaken(VeritemError):
    """The public key belongs to another device."""

    code = "device-key-taken"
    message = "this key is enrolled already; make a new one"
