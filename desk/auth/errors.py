"""Refusals of authentication; `desk.problems` has the HTTP status of each."""

from stamps.errors import VeritemError


class NotSignedIn(VeritemError):
    """Nobody is signed in, or the session has ended."""

    code = "not-signed-in"
    message = "sign in first; a machine sends `Authorization: Bearer` with its token"


class ForeignForm(VeritemError):
    """The form was not made for this session."""

    code = "foreign-form"
    message = "the form does not belong to this session; open the page again"
