"""Errors that both HTTP services share; `web.problems` has the HTTP status of those of requests."""

from stamps.errors import VeritemError


class NotFound(VeritemError):
    """There is nothing at this address."""

    code = "not-found"
    message = "there is nothing at this address"


class MethodNotAllowed(VeritemError):
    """The address does not take this method; `allowed` names those that it takes."""

    code = "method-not-allowed"
    message = "this address takes {allowed}"


class TargetTooLong(VeritemError):
    """The path and query are longer than `limit` characters."""

    code = "target-too-long"
    message = "the address has more than {limit} characters"


class BodyTooLarge(VeritemError):
    """The body is longer than `limit` bytes."""

    code = "body-too-large"
    message = "the body has more than {limit} bytes"


class BodyTimeout(VeritemError):
    """The body did not arrive within `seconds`."""

    code = "body-timeout"
    message = "the body did not arrive within {seconds} seconds"


class MalformedBody(VeritemError):
    """The body, or a parameter, is not what the address takes; `field` says where, `why` what."""

    code = "malformed-body"
    message = "{field}: {why}"


class ControlCharacter(VeritemError):
    """A text has a control character; `field` says where, `character` which (`U+0000`)."""

    code = "control-character"
    message = "{field}: has the control character {character}"


class UnsupportedMedia(VeritemError):
    """The body has a media type or a content coding that the address does not take."""

    code = "unsupported-media"
    message = "this address takes {allowed}"


class CrossSite(VeritemError):
    """A browser says that the page of another site sent the request."""

    code = "cross-site"
    message = "the page of another site sent this request"


class TooManyRequests(VeritemError):
    """One network or token has sent more than its limit; `seconds` says when it may send again."""

    code = "too-many-requests"
    message = "too many requests from here; try again in {seconds} seconds"


class ServiceBusy(VeritemError):
    """More requests wait than the service or one caller may have waiting."""

    code = "service-busy"
    message = "too many requests are waiting; try again in {seconds} seconds"


class InternalError(VeritemError):
    """An unforeseen failure. The log has the details; the client learns none."""

    code = "internal"
    message = "something went wrong on the server"


class AddressTaken(VeritemError):
    """The process cannot listen on the address in its settings."""

    code = "address-taken"
    message = "cannot listen on {address}: {why}"
