"""What the resolver refuses or can not do now; `resolver.problems` says each one's HTTP status."""

from stamps.errors import VeritemError


class Unavailable(VeritemError):
    """What is needed for an answer can not be reached now; asking again later may help."""

    code = "unavailable"
    message = "{what} can not be reached now"


class HistoryUnavailable(Unavailable):
    """The memory does not answer; history is missing, state and lot are still known."""

    message = "the memory can not be reached now"


class NotRecorded(VeritemError):
    """The scan could not be made durable, so nothing claims that it was.

    `unsure=True` says that it may be durable all the same: nobody knows whether the last word
    arrived. Then nothing is taken back, and its name stays used.
    """

    code = "not-recorded"
    message = "the scan was not recorded: {why}"


class TooManyWaiting(NotRecorded):
    """So many scans wait for the journal that no more are taken on."""

    message = "{waiting} scans wait to be recorded"


class AddressTaken(VeritemError):
    """The process can not listen where its settings say."""

    code = "address-taken"
    message = "can not listen on {address}: {why}"


class NotFound(VeritemError):
    """There is nothing at this address."""

    code = "not-found"
    message = "there is nothing at this address"


class WrongMethod(VeritemError):
    """The address takes other methods; `allowed` names them."""

    code = "wrong-method"
    message = "this address takes {allowed}"


class TooLarge(VeritemError):
    """The target or the body is longer than anything that we read."""

    code = "too-large"
    message = "more than {limit} bytes"


class TooSlow(VeritemError):
    """The body did not come in time."""

    code = "too-slow"
    message = "the body was not there after {seconds} seconds"


class MalformedBody(VeritemError):
    """The body is not what this address takes; `field` says where."""

    code = "malformed-body"
    message = "{field}: {why}"


class CrossSite(VeritemError):
    """A browser says that another site's page sent this."""

    code = "cross-site"
    message = "another site's page sent this"


class TooMany(VeritemError):
    """One network sent more than its share; `seconds` says when to come again."""

    code = "too-many"
    message = "too many requests from this network; try again in {seconds} seconds"


class UnknownKey(VeritemError):
    """No app or device has this key."""

    code = "unknown-key"
    message = "no app or device has this key"


class NoPin(VeritemError):
    """The stamp's batch has no PINs."""

    code = "no-pin"
    message = "this stamp has no PIN"


class WrongPin(VeritemError):
    """Another PIN than the stamp's."""

    code = "wrong-pin"
    message = "the PIN is not right"


class PinLocked(VeritemError):
    """Too many wrong PINs; `locked_until` (ms) says when to try again."""

    code = "pin-locked"
    message = "too many wrong PINs"


class NotClaimable(VeritemError):
    """The stamp is in no state that can be claimed (claimed before, or not activated)."""

    code = "not-claimable"
    message = "a stamp that is {state} can not be claimed"


class Fault(VeritemError):
    """Something went wrong that nobody foresaw; the log has it, the outside is told nothing."""

    code = "internal"
    message = "something went wrong here"
