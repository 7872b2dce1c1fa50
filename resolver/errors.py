"""Errors of the public service; `resolver.problems` has their HTTP status."""

from typing import ClassVar

from stamps.errors import VeritemError


class Unavailable(VeritemError):
    """Something that an answer needs cannot be reached now; the client may try again later."""

    dependency: ClassVar[str] = ""
    """The dependency that failed, if the error says so by its class."""
    code = "unavailable"
    message = "{what} cannot be reached now"


class HistoryUnavailable(Unavailable):
    """The history store does not answer; state and lot of the stamp are still known."""

    dependency = "history"
    message = "the history store cannot be reached now"


class ClaimsDown(Unavailable):
    """The claim service does not answer, so no PIN is checked and nothing is claimed now."""

    dependency = "claims"


class MemoryPersists(VeritemError):
    """The Redis of `network_memory` writes to disk what must live a day in memory."""

    code = "memory-persists"
    message = (
        "the Redis at network_memory writes to disk; give it one with `save ''` and `appendonly no`"
    )


class RedisEvicts(VeritemError):
    """The Redis of histories or the journal evicts keys when its memory is full."""

    code = "redis-evicts"
    message = (
        "Redis drops keys when its memory is full (maxmemory-policy {policy}), and answered scans "
        "with them; set maxmemory-policy noeviction"
    )


class RedisForgets(VeritemError):
    """The Redis of histories or the journal keeps no append-only file."""

    code = "redis-forgets"
    message = (
        "Redis loses answered scans when it restarts (appendonly no); set appendonly yes, or "
        "resolver.redis_loss_accepted = true to accept that loss"
    )


class NotRecorded(VeritemError):
    """The scan could not be made durable.

    `unsure=True` says that it may be durable all the same, because the confirmation was lost: then
    nothing is undone, and the scan's token stays used.
    """

    dependency: ClassVar[str] = "journal"
    code = "not-recorded"
    message = "the scan was not recorded: {why}"


class TooManyWaiting(NotRecorded):
    """The journal has as many waiting scans as it may; no more are accepted."""

    dependency = ""  # a burst that is shed; the journal's check tells when it stays so
    message = "{waiting} scans wait to be recorded"


class UnknownKey(VeritemError):
    """No app and no device has this API key."""

    code = "unknown-key"
    message = "no app or device has this key"


class SignedTooEarly(VeritemError):
    """The device signed the scan in our future: its clock is wrong."""

    code = "signed-too-early"
    message = "the device's clock is {ahead} seconds ahead"


class SignedTooLate(VeritemError):
    """The signed scan is older than scans may be that devices send later."""

    code = "signed-too-late"
    message = "the scan was signed more than {limit} hours ago"


class NoLink(VeritemError):
    """The key is well formed, and no link of the type that was asked for is known."""

    code = "no-link"
    message = "there is no such link of {key}"


class NoPin(VeritemError):
    """The batch of the stamp has no PINs."""

    code = "no-pin"
    message = "this stamp has no PIN"


class WrongPin(VeritemError):
    """The PIN is not the stamp's."""

    code = "wrong-pin"
    message = "the PIN is not right"


class PinLocked(VeritemError):
    """Too many PINs were tried from this network, or at this stamp from very many.

    `locked_until` (ms) and `seconds` say when the next try is compared with the PIN.
    """

    code = "pin-locked"
    message = "too many wrong PINs"


class AlreadyClaimed(VeritemError):
    """The PIN is right, and somebody else claimed the stamp before, at `claimed_at` (ms)."""

    code = "already-claimed"
    message = "this stamp was claimed before"


class NotClaimable(VeritemError):
    """The stamp's state does not allow a claim: it is not activated, or blocked."""

    code = "not-claimable"
    message = "a stamp that is {state} cannot be claimed"
