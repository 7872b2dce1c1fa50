"""Issuing: an approved order becomes a batch with a signed manifest, and a batch a print run.

The order is the ledger's: requested by one person and approved by another, who can not be the
same. `Issuer.issue` has two steps, and a crash may fall between them:

1. the batch's row and its one span, in one transaction of the ledger;
2. the manifest, computed from that row and the epoch's keys alone, signed and kept with it.

A batch that stopped after the first step has no manifest; nothing of it can be printed. Issuing
again with the same idempotency key, or `finish`, makes the very same manifest and completes it.
Memory does not grow with the batch, and codes are stored nowhere.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from issuer.manifest import Manifest, Progress, hash_codes
from issuer.signing import Signer
from ledger import Batch, Ledger, Order
from printing import PrintRun
from stamps.code import StampId
from stamps.errors import OutOfRange, VeritemError
from stamps.key_ring import KeyRing
from stamps.timestamps import format_rfc3339

# What may stand between :// and /, in capitals so that symbols stay alphanumeric.
_HOST: Final = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]*[A-Z0-9])?(?::[0-9]{1,5})?")
_LONGEST_HOST: Final = 64


class MalformedHost(VeritemError):
    """The host can not be printed in a symbol."""

    code = "malformed-host"
    message = "{host!r} is not a host name or address, with its port if any"


class NoTradeItem(VeritemError):
    """A GS1 address was asked for, and the order names no product with a GTIN."""

    code = "no-trade-item"
    message = "order {order} names no product with a GTIN, which a GS1 address needs"


class Unfinished(VeritemError):
    """The batch has no manifest yet: its issue was cut off."""

    code = "batch-unfinished"
    message = "batch {batch} has no manifest: its issue was cut off, finish it first"


class AlteredBatch(VeritemError):
    """The batch's row is not what its signed manifest says."""

    code = "altered-batch"
    message = "batch {batch} was altered after it was issued: {why}"


@dataclass(frozen=True)
class Issuer:
    """Issues batches with these keys into this ledger."""

    ledger: Ledger
    ring: KeyRing
    signer: Signer

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
        """Issue `count` stamps (all that were ordered, when None) of an approved order.

        Args:
            order: its name in the ledger.
            host: what the symbols' address names, `VERITEM.VN` or `192.168.1.5:8080`.
            actor: who issues.
            key: idempotency key; again with the same one, the same batch is answered, completed.
            count: at most 16,777,216.
            gs1: print GS1 Digital Link addresses with the product's GTIN.
            at: the moment, milliseconds; the ledger's clock when None.
            progress: told the codes hashed so far, from another thread.

        Raises:
            MalformedHost, NoTradeItem, NoSigningKey, UnknownCode: before anything was written.
            VeritemError: what `ledger.batches.add` refuses (the order is not approved, …).
        """
        asked = await self.ledger.orders.get(order)
        epoch = self.ring.newest
        self.signer.require(epoch)
        batch = await self.ledger.batches.add(
            order=order,
            count=asked.count if count is None else count,
            grade=asked.grade,
            epoch=epoch,
            host=canonical_host(host),
            gtin=await self._gtin(asked) if gs1 else None,
            product=asked.product,
            has_pin=asked.has_pin,
            actor=actor,
            key=key,
            at=at,
        )
        return await self.finish(batch.number, progress=progress)

    async def finish(self, number: int, *, progress: Progress | None = None) -> Batch:
        """Give a batch its manifest, if a crash left it without one.

        Raises:
            UnknownBatch: there is none of this number.
            UnknownCode, NoSigningKey: its epoch was retired meanwhile.
        """
        batch = await self.ledger.batches.get(number)
        if batch.manifest is not None:
            return batch
        # Seconds of work for millions of codes: beside the event loop, not in it.
        digest = await asyncio.to_thread(
            hash_codes, self.ring, number, batch.count, batch.epoch, progress
        )
        signed = manifest_of(batch, digest).signed(self.signer)
        return await self.ledger.batches.set_manifest(number, signed, at=batch.at)

    async def unfinished(self) -> list[Batch]:
        """The batches that a crash left without a manifest."""
        return [batch for batch in await self.ledger.batches.list() if batch.manifest is None]

    def print_run(
        self, batch: Batch, lo: int = 0, hi: int | None = None, *, scheme: str = "HTTPS"
    ) -> PrintRun:
        """The span `[lo, hi)` of a batch, the whole of it by default, ready to be printed.

        Raises:
            Unfinished: it has no manifest.
            AlteredBatch: its row contradicts the manifest.
            BadSignature, MalformedManifest: the manifest is not ours.
            OutOfRange: the span is empty or not within the batch.
        """
        if batch.manifest is None:
            raise Unfinished(batch=batch.number)
        manifest = Manifest.read(batch.manifest, self.signer.public_keys())
        if manifest != (row := manifest_of(batch, manifest.codes_sha256)):
            why = f"the manifest says {manifest.document()}, the row {row.document()}"
            raise AlteredBatch(batch=batch.number, why=why)
        hi = batch.count if hi is None else hi
        if not 0 <= lo < batch.count:
            raise OutOfRange(what="lo", low=0, high=batch.count - 1, value=lo)
        if not lo < hi <= batch.count:
            raise OutOfRange(what="hi", low=lo + 1, high=batch.count, value=hi)

        def seal(lo: int, hi: int) -> NDArray[np.bytes_]:
            return self.ring.seal(batch.number, lo, hi, batch.epoch)

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
            pins=self._pins if batch.has_pin else None,
        )

    def _pins(self, codes: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
        """The PINs of neighbouring codes, `S8`; a printer asks for the codes that it has sealed."""
        if not len(codes):
            return np.empty(0, dtype="S8")
        first: StampId = self.ring.open(codes[0].decode())
        return self.ring.derive_pins(
            first.batch, first.index, first.index + len(codes), first.epoch
        )

    async def _gtin(self, order: Order) -> str:
        product = await self.ledger.products.get(order.product) if order.product else None
        if product is None or product.gtin is None:
            raise NoTradeItem(order=order.id)
        return product.gtin


def manifest_of(batch: Batch, codes_sha256: str) -> Manifest:
    """The manifest that follows from a batch's row and the hash of its codes."""
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


def canonical_host(text: str) -> str:
    """The host in capitals.

    Raises:
        MalformedHost: not a name or address that a symbol's address can hold.
    """
    host = text.strip().upper()
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise MalformedHost(host=text)
    return host
