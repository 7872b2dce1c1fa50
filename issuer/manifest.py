"""A batch's manifest: what was issued, signed, so that anyone can check a list of codes against it.

```
{"format": "veritem batch manifest v1", "batch": 7, "order": "o-1", "count": 5000, "first": 0,
 "last": 4999, "grade": "sealed", "epoch": 0, "host": "VERITEM.VN", "gtin": null,
 "codes_sha256": "…64 hexadecimal digits…", "issued_at": "2026-07-01T01:30:00Z"}
```

`codes_sha256` is the SHA-256 of the code list: the canonical codes in the order of their indexes,
each followed by one line feed (0x0A), nothing else. The signed bytes are this object as JSON with
names sorted, no spaces, UTF-8. What is kept and handed out is
`{"manifest": {…}, "signature": {"kid", "alg", "signature"}}`.

All of it follows from the batch's row and its epoch's keys, so making it again gives the same
bytes: an issue that was cut off is finished by doing it again.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

import numpy as np

from issuer.signing import Signer
from stamps import detached_signature
from stamps.code import BATCH_LIMIT, EPOCHS, LENGTH
from stamps.errors import VeritemError
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys

FORMAT: Final = "veritem batch manifest v1"
CHUNK: Final = 1 << 16  # codes at a time: 1.4 MB, whatever the batch's size

Progress = Callable[[int, int], None]
"""Told (codes done, codes in all) after each chunk."""


class MalformedManifest(VeritemError):
    """The document is not a manifest."""

    code = "malformed-manifest"
    message = "not a batch manifest: {why}"


class NotTheBatch(VeritemError):
    """A list of codes is not the batch's: `line` (from 1) is the first wrong one, if known."""

    code = "not-the-batch"
    message = "the codes are not those of batch {batch}: {why}"


@dataclass(frozen=True)
class Manifest:
    """What a manifest says; see the module for its form."""

    batch: int
    order: str
    count: int
    grade: Literal["sealed", "signed"]
    epoch: int
    host: str
    gtin: str | None
    codes_sha256: str
    issued_at: str

    def document(self) -> dict[str, Any]:
        """The manifest as JSON."""
        return {"format": FORMAT, **asdict(self), "first": 0, "last": self.count - 1}

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return _canonical(self.document())

    def signed(self, signer: Signer) -> bytes:
        """The manifest and its signature, as it is kept and handed out.

        Raises:
            NoSigningKey: the batch's epoch has no signing key.
        """
        signature = signer.sign_manifest(self.epoch, self.canonical())
        return _canonical({"manifest": self.document(), "signature": signature})

    @classmethod
    def read(cls, data: bytes, keys: PublicKeys) -> "Manifest":
        """Read a kept manifest and check its signature.

        Raises:
            MalformedManifest: it is not one.
            BadSignature: the issuer's keys did not sign it.
        """
        try:
            kept = json.loads(data)
            document, signature = kept["manifest"], kept["signature"]
            manifest = cls(**{field.name: document[field.name] for field in fields(cls)})
            # What was not read must be what follows from what was, or it would go unsigned.
            same = document == manifest.document()
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedManifest(why=f"it can not be read ({error})") from None
        if not same or not manifest._sane():
            raise MalformedManifest(why="its fields are not those of a manifest")
        detached_signature.verify_detached(manifest.canonical(), signature, keys, manifest.epoch)
        return manifest

    def _sane(self) -> bool:
        return (
            type(self.batch) is int
            and type(self.count) is int
            and type(self.epoch) is int
            and 0 <= self.batch < BATCH_LIMIT
            and 1 <= self.count <= BATCH_LIMIT
            and 0 <= self.epoch < EPOCHS
            and self.grade in ("sealed", "signed")
            and isinstance(self.codes_sha256, str)
        )


def code_list(
    ring: KeyRing, batch: int, count: int, epoch: int, progress: Progress | None = None
) -> Iterator[bytes]:
    """The code list of a batch, piece by piece: `CHUNK` codes each with its line feed.

    Raises:
        UnknownCode: the epoch is not on the ring (it was retired).
    """
    lines = np.empty((CHUNK, LENGTH + 1), dtype=np.uint8)
    lines[:, LENGTH] = ord("\n")
    for lo in range(0, count, CHUNK):
        hi = min(lo + CHUNK, count)
        codes = ring.seal(batch, lo, hi, epoch)
        lines[: hi - lo, :LENGTH] = codes.view(np.uint8).reshape(-1, LENGTH)
        yield lines[: hi - lo].tobytes()
        if progress:
            progress(hi, count)


def hash_codes(
    ring: KeyRing, batch: int, count: int, epoch: int, progress: Progress | None = None
) -> str:
    """SHA-256 of a batch's code list, hexadecimal; memory does not grow with the batch.

    Raises:
        UnknownCode: the epoch is not on the ring (it was retired).
    """
    digest = hashlib.sha256()
    for piece in code_list(ring, batch, count, epoch, progress):
        digest.update(piece)
    return digest.hexdigest()


def verify_codes(manifest: Manifest, lines: Iterable[bytes], ring: KeyRing | None = None) -> None:
    """Check that these lines (a binary file, each ending with LF) are the batch's code list.

    With the key ring the first wrong line is named; without it, only that the list is another.

    Raises:
        NotTheBatch: too many, too few, another code, another order.
        UnknownCode: the ring does not have the batch's epoch.
    """
    digest, seen = hashlib.sha256(), 0
    wanted: Iterator[bytes] = iter(())
    if ring is not None:
        pieces = code_list(ring, manifest.batch, manifest.count, manifest.epoch)
        wanted = (line for piece in pieces for line in piece.splitlines(keepends=True))
    for line in lines:
        seen += 1
        if seen > manifest.count:
            break
        if ring is not None and line != next(wanted):
            why = f"line {seen} is not its code {seen - 1}"
            raise NotTheBatch(batch=manifest.batch, line=seen, why=why)
        digest.update(line)
    if seen != manifest.count:
        more = "more" if seen > manifest.count else f"only {seen}"
        why = f"it has {manifest.count} codes, the list has {more}"
        raise NotTheBatch(batch=manifest.batch, line=None, why=why)
    if digest.hexdigest() != manifest.codes_sha256:
        raise NotTheBatch(batch=manifest.batch, line=None, why="their SHA-256 is another")


def _canonical(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
