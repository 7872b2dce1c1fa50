"""What the desk itself refuses; `desk.problems` says each one's HTTP status."""

from stamps.errors import VeritemError


class NotSignedIn(VeritemError):
    """Nobody is signed in, or the session is over."""

    code = "not-signed-in"
    message = "sign in first; a machine sends `Authorization: Bearer` with its token"


class Forbidden(VeritemError):
    """The account's role does not have the permission."""

    code = "forbidden"
    message = "a {role} may not do this; {permission} is needed"


class ForeignForm(VeritemError):
    """The form was not made for this session, or another site's page sent it."""

    code = "foreign-form"
    message = "the form does not belong to this session; open the page again"


class NotFound(VeritemError):
    """There is nothing at this address."""

    code = "not-found"
    message = "there is nothing at this address"


class WrongMethod(VeritemError):
    """The address takes other methods; `allowed` names them."""

    code = "wrong-method"
    message = "this address takes {allowed}"


class WrongMedia(VeritemError):
    """The body is of a kind that this address does not take; `allowed` names those it does."""

    code = "wrong-media"
    message = "this address takes {allowed}"


class TooLarge(VeritemError):
    """The body is longer than this address reads."""

    code = "too-large"
    message = "the body has more than {limit} bytes"


class TooSlow(VeritemError):
    """The body did not come in time."""

    code = "too-slow"
    message = "the body was not there after {seconds} seconds"


class MalformedBody(VeritemError):
    """The body, or a parameter, is not what this address takes; `field` says where."""

    code = "malformed-body"
    message = "{field}: {why}"


class KeyRequired(VeritemError):
    """What changes stamps names an idempotency key, so that asking again does it once."""

    code = "key-required"
    message = "the header Idempotency-Key is missing or not 1 to 100 printable characters"


class BundleNotReady(VeritemError):
    """The bundle's files are not written yet; `state` says how far it is."""

    code = "bundle-not-ready"
    message = "the bundle of batch {batch} as {form} is {state}"


class NoSuchPart(VeritemError):
    """The bundle has no file of this name."""

    code = "no-such-part"
    message = "the bundle has no part {part}"


class TokenLifetime(VeritemError):
    """A token lives for one of the lifetimes that there are."""

    code = "token-lifetime"
    message = "a token lives for 1 to {most} days"
