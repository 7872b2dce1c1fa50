"""Manifest of a batch: signed by the issuer, so that anyone can check a list of its codes.

```
{"format": "veritem batch manifest v1", "batch": 7, "order": "o-1", "count": 5000, "first": 0,
 "last": 4999, "grade": "sealed", "epoch": 0, "host": "VERITEM.VN", "gtin": null,
 "codes_sha256": "…64 hexadecimal digits…", "issued_at": "2026-07-01T01:30:00Z"}
```

`codes_sha256` is the SHA-256 of the code list: the canonical codes in the order of their indexes,
each followed by one line feed (0x0A), nothing else. The signed bytes are this object as JSON with
names sorted, no spaces, UTF-8. The stored and published document is
`{"manifest": {…}, "signature": {"kid", "alg", "signature"}}`.

The manifest follows from the batch's row and its epoch's keys, so making it again gives the same
bytes: issuing again finishes an issue that was cut off.
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
"""Called with (codes done, codes in all) after each chunk."""


class MalformedManifest(VeritemError):
    """The document is not a manifest."""

    code = "malformed-manifest"
    message = "not a batch manifest: {why}"


class CodesMismatch(VeritemError):
    """A list of codes is not the batch's; `line` (from 1) is the first wrong one, if known."""

    code = "codes-mismatch"
    message = "the codes are not those of batch {batch}: {why}"


@dataclass(frozen=True)
class Manifest:
    """A manifest; the module describes its form."""

    batch: int
    order: str
    count: int
    grade: Literal["sealed", "signed"]
    epoch: int
    host: str
    gtin: str | None
    codes_sha256: str
    issued_at: str

    def to_document(self) -> dict[str, Any]:
        """Return the manifest as a JSON object."""
        return {"format": FORMAT, **asdict(self), "first": 0, "last": self.count - 1}

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, which are signed."""
        return _canonical(self.to_document())

    def sign(self, signer: Signer) -> bytes:
        """Return the manifest with its signature, as it is stored and published.

        Raises:
            NoSigningKey: the batch's epoch has no signing key.
        """
        signature = signer.sign_manifest(self.epoch, self.to_bytes())
        return _canonical({"manifest": self.to_document(), "signature": signature})

    @classmethod
    def parse(cls, data: bytes, keys: PublicKeys) -> "Manifest":
        """Parse a signed manifest and verify its signature.

        Raises:
            MalformedManifest: it is not one.
            BadSignature: the issuer's keys did not sign it.
        """
        try:
            signed = json.loads(data)
            document, signature = signed["manifest"], signed["signature"]
            manifest = cls(**{field.name: document[field.name] for field in fields(cls)})
            # Fields that are not parsed must follow from the others, or they would go unsigned.
            same = document == manifest.to_document()
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedManifest(why=f"it cannot be read ({error})") from None
        if not same or not manifest._is_valid():
            raise MalformedManifest(why="its fields are not those of a manifest")
        detached_signature.verify_detached(manifest.to_bytes(), signature, keys, manifest.epoch)
        return manifest

    def _is_valid(self) -> bool:
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


def iterate_code_list(
    ring: KeyRing, batch: int, count: int, epoch: int, progress: Progress | None = None
) -> Iterator[bytes]:
    """Iterate over the code list of a batch: `CHUNK` codes at a time, one a line.

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
    """Return the SHA-256 of a batch's code list; memory does not grow with the batch.

    Raises:
        UnknownCode: the epoch is not on the ring (it was retired).
    """
    digest = hashlib.sha256()
    for piece in iterate_code_list(ring, batch, count, epoch, progress):
        digest.update(piece)
    return digest.hexdigest()


def verify_codes(manifest: Manifest, lines: Iterable[bytes], ring: KeyRing | None = None) -> None:
    """Check that these lines (a binary file, each ending with LF) are the batch's code list.

    With the key ring the error names the first wrong line.

    Raises:
        CodesMismatch: too many, too few, another code, another order.
        UnknownCode: the ring does not have the batch's epoch.
    """
    digest, seen = hashlib.sha256(), 0
    expected: Iterator[bytes] = iter(())
    if ring is not None:
        pieces = iterate_code_list(ring, manifest.batch, manifest.count, manifest.epoch)
        expected = (line for piece in pieces for line in piece.splitlines(keepends=True))
    for line in lines:
        seen += 1
        if seen > manifest.count:
            break
        if ring is not None and line != next(expected):
            why = f"line {seen} is not its code {seen - 1}"
            raise CodesMismatch(batch=manifest.batch, line=seen, why=why)
        digest.update(line)
    if seen != manifest.count:
        more = "more" if seen > manifest.count else f"only {seen}"
        why = f"it has {manifest.count} codes, the list has {more}"
        raise CodesMismatch(batch=manifest.batch, line=None, why=why)
    if digest.hexdigest() != manifest.codes_sha256:
        raise CodesMismatch(batch=manifest.batch, line=None, why="their SHA-256 is another")


def _canonical(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
