"""Questions of the public service to the claim service, and their answers.

The question names the stamp by its identity, not by its code: the claim service needs no key that
opens codes. Device and networks are pseudonyms that the asking service made; the claim service can
not check them, so no bound rests on them alone.

Both sides are strict: a field that is missing or too much is an error.
"""

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stamps.code import BATCH_LIMIT, EPOCHS, StampId
from stamps.errors import VeritemError

LONGEST_QUESTION: Final = 1024
"""Bytes of a question in JSON."""

_UNIX: Final = "unix://"
_STRICT: Final = ConfigDict(extra="forbid", frozen=True)
_Number = Annotated[int, Field(ge=0, lt=BATCH_LIMIT)]
_Pseudonym = Annotated[int, Field(ge=0, lt=2**64)]


class ClaimsUnavailable(VeritemError):
    """The PIN cannot be checked now. A claim may have happened: the same question finds out.

    `what` is what cannot be reached.
    """

    code = "claims-unavailable"
    message = "{what} cannot be reached now"


class ClaimResult(StrEnum):
    """Result of a question."""

    CLAIMED = "claimed"
    """The stamp was claimed with this question."""
    REPEATED = "repeated"
    """The stamp was claimed before by the device that asks."""
    ALREADY_CLAIMED = "already-claimed"
    """The PIN is right, and somebody else claimed the stamp before."""
    WRONG_PIN = "wrong-pin"
    NO_PIN = "no-pin"
    """The stamps of the batch have no PINs."""
    NOT_CLAIMABLE = "not-claimable"
    """The state of the stamp (`state`) does not allow a claim."""
    PIN_LOCKED = "pin-locked"
    """The tries of this network at this stamp, or of all at it, are spent until `until`."""
    TOO_MANY = "too-many"
    """The tries of this network at all stamps are spent until `until`."""
    BUSY = "busy"
    """Too many wrong PINs are tried at all stamps; nothing is compared until `until`."""
    UNKNOWN = "unknown"
    """There is no such stamp."""


class ClaimQuestion(BaseModel):
    """A try: the stamp, the PIN as digits, and who tries, as pseudonyms."""

    model_config = _STRICT

    epoch: Annotated[int, Field(ge=0, lt=EPOCHS)]
    batch: _Number
    index: _Number
    pin: Annotated[str, StringConstraints(max_length=32)]
    device: _Pseudonym
    """The device at this stamp."""
    net: _Pseudonym | None
    """Its network at this stamp; None if it is not known."""
    network: Annotated[str, StringConstraints(max_length=64)]
    """Its network at all stamps, for the count of its tries; never stored."""

    @property
    def stamp(self) -> StampId:
        """The identity of the stamp."""
        return StampId(self.epoch, self.batch, self.index)


class ClaimAnswer(BaseModel):
    """The answer to a question. Times in ms since the Unix epoch, UTC."""

    model_config = _STRICT

    result: ClaimResult
    claimed_at: int | None = None
    """When the stamp was claimed, for those who have the right PIN."""
    is_suspicious: bool = False
    """Whether others know the PIN too, so that an alert is due."""
    state: str | None = None
    """The state of a stamp that cannot be claimed."""
    until: int | None = None
    """When the next try may be compared, and a budget is spent until then."""


def check_claim_address(address: str) -> str:
    """Return the address of a claim service. Raises `ValueError` if it is none."""
    if get_socket_path(address) is not None:
        return address
    parts = urlsplit(address)
    try:
        is_loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = False
    if parts.scheme != "http" or not is_loopback or parts.port is None or parts.path.strip("/"):
        raise ValueError(
            "must be http:// with a loopback address and port, or unix:///path/of/socket"
        )
    return address


def get_socket_path(address: str) -> Path | None:
    """Return the path in a `unix://` address; None for another address."""
    path = address.removeprefix(_UNIX)
    return Path(path) if path != address and path.startswith("/") else None
