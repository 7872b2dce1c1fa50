"""Issue batches: an approved order becomes a batch with a signed manifest, then print runs.

One person requested the order, another approved it; the ledger enforces that. `Issuer.issue` has
three steps, and a crash may come between them:

0. The batch's number, in the mark beside the keys: no restore gives it again.
1. The batch's row and its one span, in one transaction of the ledger.
2. The manifest, computed from that row and the epoch's keys only, signed and stored with it.

After the first step alone a batch has no manifest and cannot be printed. Issuing again with the
same idempotency key, or `finish`, makes the same manifest and completes the batch. Memory does not
grow with the batch, and codes are not stored.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from issuer.manifest import Manifest, Progress, hash_codes
from issuer.number_mark import NumberMark
from issuer.signing import Signer
from issuer.stamp_keys import StampKeys
from ledger import Batch, Ledger, Order
from printing import PrintRun
from stamps.code import StampId
from stamps.errors import OutOfRange, VeritemError
from stamps.timestamps import format_rfc3339

# What may stand between :// and /, in capitals so that symbols stay alphanumeric.
_HOST: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]*[A-Z0-9])?(?::[0-9]{1,5})?")
_LONGEST_HOST: Final = 64


class MalformedHost(VeritemError):
    """The host cannot be part of the address in a symbol."""

    code = "malformed-host"
    message = "{host!r} is not a host name or address, with its port if any"


class NoTradeItem(VeritemError):
    """A GS1 address was requested, and the order names no product with a GTIN."""

    code = "no-trade-item"
    message = "order {order} names no product with a GTIN, which a GS1 address needs"


class UnfinishedBatch(VeritemError):
    """The batch has no manifest: its issue was cut off."""

    code = "batch-unfinished"
    message = "batch {batch} has no manifest: its issue was cut off, finish it first"


class AlteredBatch(VeritemError):
    """The batch's row differs from its signed manifest."""

    code = "altered-batch"
    message = "batch {batch} was altered after it was issued: {why}"


@dataclass(frozen=True)
class Issuer:
    """Issues batches with these keys into this ledger."""

    ledger: Ledger
    keys: StampKeys
    signer: Signer
    mark: NumberMark | None = None
    """The mark beside the keys; None where the keys are in no store, as in tests."""

    async def issue(
        self,
        order: str,
        *,
        host: str,
        actor: str,
        key: str,
        count: int | None = None,
        gs1: bool = False,
        at: int | None = None,
        progress: Progress | None = None,
    ) -> Batch:
        """Issue `count` stamps (None: all that were ordered) of an approved order.

        Args:
            order: its id in the ledger.
            host: the host in the symbols' address, `VERITEM.VN` or `192.168.1.5:8080`.
            actor: who issues.
            key: idempotency key; the same key again completes and returns the same batch.
            count: at most 16,777,216.
            gs1: print GS1 Digital Link addresses with the product's GTIN.
            at: the time, milliseconds; None: the ledger's clock.
            progress: called with the codes hashed so far, from another thread.

        Raises:
            MalformedHost, NoTradeItem, NoSigningKey, UnknownCode: before anything was written.
            NoNumberMark, KeyStoreBusy: no batch was written.
            VeritemError: as `ledger.batches.batches.add` (the order is not approved, …).
        """
        ordered = await self.ledger.orders.get(order)
        epoch = self.keys.ring.newest
        self.signer.require_key(epoch)
        batch = await self.ledger.batches.add(
            order=order,
            count=ordered.count if count is None else count,
            grade=ordered.grade,
            epoch=epoch,
            host=parse_host(host),
            gtin=await self._get_gtin(ordered) if gs1 else None,
            product=ordered.product,
            has_pin=ordered.has_pin,
            actor=actor,
            key=key,
            at=at,
            reserve=self.mark.reserve if self.mark else None,
        )
        return await self.finish(batch.number, progress=progress)

    async def finish(self, number: int, *, progress: Progress | None = None) -> Batch:
        """Make the manifest of a batch that a crash left without one.

        Raises:
            UnknownBatch: no batch has this number.
            UnknownCode, NoSigningKey: its epoch was retired meanwhile.
        """
        batch = await self.ledger.batches.get(number)
        if batch.manifest is not None:
            return batch
        # Millions of codes take seconds: not in the event loop.
        digest = await asyncio.to_thread(
            hash_codes, self.keys.ring, number, batch.count, batch.epoch, progress
        )
        signed = make_manifest(batch, digest).sign(self.signer)
        return await self.ledger.batches.set_manifest(number, signed, at=batch.at)

    async def list_unfinished(self) -> list[Batch]:
        """Return the batches that a crash left without a manifest."""
        return [batch for batch in await self.ledger.batches.list() if batch.manifest is None]

    def prepare_print_run(
        self, batch: Batch, lo: int = 0, hi: int | None = None, *, scheme: str = "HTTPS"
    ) -> PrintRun:
        """Return the stamps `[lo, hi)` of a batch, all by default, as a print run.

        Raises:
            UnfinishedBatch: it has no manifest.
            AlteredBatch: its row contradicts the manifest.
            BadSignature, MalformedManifest: the issuer did not sign the manifest.
            OutOfRange: the range is empty or not within the batch.
        """
        if batch.manifest is None:
            raise UnfinishedBatch(batch=batch.number)
        manifest = Manifest.parse(batch.manifest, self.signer.public_keys())
        if manifest != (row := make_manifest(batch, manifest.codes_sha256)):
            why = f"the manifest says {manifest.to_document()}, the row {row.to_document()}"
            raise AlteredBatch(batch=batch.number, why=why)
        hi = batch.count if hi is None else hi
        if not 0 <= lo < batch.count:
            raise OutOfRange(what="lo", low=0, high=batch.count - 1, value=lo)
        if not lo < hi <= batch.count:
            raise OutOfRange(what="hi", low=lo + 1, high=batch.count, value=hi)

        def seal(lo: int, hi: int) -> NDArray[np.bytes_]:
            return self.keys.ring.seal(batch.number, lo, hi, batch.epoch)

        return PrintRun(
            batch=batch.number,
            lo=lo,
            hi=hi,
            host=batch.host,
            scheme=scheme.upper(),
            grade=batch.grade,
            gtin=batch.gtin,
            seal=seal,
            sign=self.signer.sign_codes if batch.grade == "signed" else None,
            pins=self._derive_pins if batch.has_pin else None,
        )

    def _derive_pins(self, codes: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
        """Return the PINs of consecutive codes, `S8`."""
        if not len(codes):
            return np.empty(0, dtype="S8")
        first: StampId = self.keys.ring.open(codes[0].decode())
        return self.keys.pins.derive_pins(
            first.batch, first.index, first.index + len(codes), first.epoch
        )

    async def _get_gtin(self, order: Order) -> str:
        product = await self.ledger.products.get(order.product) if order.product else None
        if product is None or product.gtin is None:
            raise NoTradeItem(order=order.id)
        return product.gtin


def make_manifest(batch: Batch, codes_sha256: str) -> Manifest:
    """Return the manifest of a batch from its row and the hash of its codes."""
    return Manifest(
        batch=batch.number,
        order=batch.order,
        count=batch.count,
        grade=batch.grade,
        epoch=batch.epoch,
        host=batch.host,
        gtin=batch.gtin,
        codes_sha256=codes_sha256,
        issued_at=format_rfc3339(batch.at),
    )


def parse_host(text: str) -> str:
    """Return the host in capitals.

    Raises:
        MalformedHost: not a name or address that a symbol's address can hold.
    """
    host = text.strip().upper()
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise MalformedHost(host=text)
    return host
