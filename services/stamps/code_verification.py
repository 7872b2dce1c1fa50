"""Verification of stamps: by their code against the ledger, or by their signature alone.

A signature proves that the issuer made a code, and not that the label is the only one with it.
"""

from dataclasses import dataclass

from ledger import Ledger
from ledger.errors import UnknownBatch
from stamps import serial_range
from stamps.code import parse_code
from stamps.errors import BadSignature, MalformedCode, UnknownCode
from stamps.key_ring import KeyRing
from stamps.lifecycle import State
from stamps.signature import PublicKeys
from stamps.spans import SpanOutOfRange

ISSUED = "issued"
SIGNED = "signed"
NO_SIGNATURE = "no-signature"
SIGNATURE_UNSEEN = "signature-unseen"


@dataclass(frozen=True, slots=True)
class StampCheck:
    """The result of checking one stamp."""

    is_good: bool
    result: str
    """`issued` (online), `signed` (offline), or the slug of what is wrong."""
    code: str | None = None
    range: str | None = None
    """The stamp as a serial range of one, `7·42`."""
    state: State | None = None
    lot: str | None = None
    is_signed: bool = False
    """Whether the stamp carries a valid signature."""
    why: str | None = None
    """The refusal in words."""


def check_signature(code: str, signature: str | None, keys: PublicKeys) -> StampCheck:
    """Check a stamp offline, by its signature."""
    try:
        code = parse_code(code)
        if signature is None:
            why = "it carries no signature: a sealed stamp can only be checked online"
            return StampCheck(is_good=False, result=NO_SIGNATURE, code=code, why=why)
        keys.verify(code, signature)
    except (MalformedCode, BadSignature) as error:
        return StampCheck(is_good=False, result=error.code, why=str(error))
    return StampCheck(is_good=True, result=SIGNED, code=code, is_signed=True)


async def check_stamp(
    ledger: Ledger,
    ring: KeyRing,
    keys: PublicKeys,
    code: str,
    signature: str | None,
    gtin: str | None = None,
) -> StampCheck:
    """Check a stamp online: its tag, its signature if it carries one, and that it was issued.

    `gtin` is the trade item that the address names, None if it names none. A bad tag, a stamp that
    was never issued and a foreign trade item are answered alike. The code of a signed batch is not
    good without its signature: who has the opening keys can make it.
    """
    try:
        code = parse_code(code)
        stamp = ring.open(code)
        if signature is not None:
            keys.verify(code, signature)
        batch = await ledger.batches.get(stamp.batch)
        batch.check_address(stamp.epoch, gtin)
        span = await ledger.transitions.get_span(stamp.batch, stamp.index)
    except (UnknownBatch, SpanOutOfRange):
        return StampCheck(is_good=False, result=UnknownCode.code, why=str(UnknownCode()))
    except (MalformedCode, UnknownCode, BadSignature) as error:
        return StampCheck(is_good=False, result=error.code, why=str(error))
    lacks_signature = batch.grade == "signed" and signature is None
    return StampCheck(
        is_good=not lacks_signature,
        result=SIGNATURE_UNSEEN if lacks_signature else ISSUED,
        code=code,
        range=serial_range.format_serial_range(stamp.batch, stamp.index, stamp.index + 1),
        state=span.state,
        lot=span.lot,
        is_signed=signature is not None,
        why="its batch is signed, and no signature was given: scan the symbol"
        if lacks_signature
        else None,
    )
