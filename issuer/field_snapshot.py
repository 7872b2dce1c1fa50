"""Field snapshot: what an inspector's phone knows without a network, signed by the issuer.

```
{"signature": {"kid", "alg", "signature"}, "snapshot": {"format": "veritem field snapshot v1", …}}
LF, the filter of the listed codes, the marks of codes that left the list
```

The first line is JSON; it says how long the parts behind it are, and their SHA-256. The signed
bytes are the object `snapshot` as JSON with names sorted, no spaces, UTF-8, behind a prefix of
their own. The newest epoch's key signs.

A full snapshot lists all codes. A delta extends the full snapshot that it names as `base`: its
filter has what joined the list since then, its marks what left it. A phone needs the full one and
the newest delta, never those between.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from issuer.signing import Signer
from stamps import detached_signature
from stamps.errors import VeritemError
from stamps.fuse_filter import FuseFilter, parse_filter
from stamps.listed_codes import MARK_BYTES, find_marked
from stamps.signature import PublicKeys

SNAPSHOT_FORMAT: Final = "veritem field snapshot v1"
PARTS: Final = ("filter", "left")
"""The parts behind the first line, in order."""


class MalformedSnapshot(VeritemError):
    """The bytes are not a field snapshot."""

    code = "malformed-snapshot"
    message = "not a field snapshot: {why}"


@dataclass(frozen=True, slots=True)
class FieldSnapshot:
    """A snapshot whose signature was verified."""

    content: Mapping[str, Any]
    filter: FuseFilter
    left: bytes
    """Marks of the codes that left the list of the base."""

    @property
    def version(self) -> int:
        """Its number; a later snapshot has a higher one."""
        return int(self.content["version"])

    @property
    def base(self) -> int:
        """The number of the full snapshot that it extends: its own for a full one."""
        return int(self.content["base"])

    def find_listed(
        self, keys: NDArray[np.uint64], base: "FieldSnapshot | None" = None
    ) -> NDArray[np.bool_]:
        """Which keys may be on the list; a delta is asked together with its base.

        Raises ValueError for a delta without the base that it extends.
        """
        if self.base == self.version:
            return self.filter.contains(keys)
        if base is None or base.version != self.base:
            raise ValueError(f"snapshot {self.version} extends snapshot {self.base}")
        kept = base.filter.contains(keys) & ~find_marked(keys, self.left)
        return kept | self.filter.contains(keys)


def sign_snapshot(
    content: Mapping[str, Any], filter_: bytes, left: bytes, signer: Signer, epoch: int
) -> bytes:
    """Return a snapshot as a file. Raises `NoSigningKey`."""
    parts = {
        name: {"bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
        for name, part in zip(PARTS, (filter_, left), strict=True)
    }
    snapshot = {"format": SNAPSHOT_FORMAT, **content, "parts": parts}
    signature = signer.sign_snapshot(epoch, _canonical(snapshot))
    first = _canonical({"snapshot": snapshot, "signature": signature})
    return first + b"\n" + filter_ + left


def parse_snapshot(data: bytes, keys: PublicKeys) -> FieldSnapshot:
    """Return the snapshot of a file after its signature is verified.

    Raises:
        MalformedSnapshot: it is not one, or its parts were changed.
        BadSignature: the issuer's keys did not sign it.
    """
    first, _, rest = data.partition(b"\n")
    try:
        signed = json.loads(first)
        content, signature = signed["snapshot"], signed["signature"]
        if set(signed) != {"snapshot", "signature"} or content["format"] != SNAPSHOT_FORMAT:
            raise MalformedSnapshot(why="its fields are not those of a snapshot")
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedSnapshot(why=f"it cannot be read ({error})") from None
    prefix = detached_signature.SNAPSHOT_PREFIX
    detached_signature.verify_detached(_canonical(content), signature, keys, prefix=prefix)
    parts = []
    for name in PARTS:
        told = content["parts"][name]
        part, rest = rest[: told["bytes"]], rest[told["bytes"] :]
        if hashlib.sha256(part).hexdigest() != told["sha256"]:
            raise MalformedSnapshot(why=f"its part {name} is not the one that was signed")
        parts.append(part)
    if rest or len(parts[1]) % MARK_BYTES:
        raise MalformedSnapshot(why="it has bytes that nothing names")
    return FieldSnapshot(content, parse_filter(parts[0]), parts[1])


def _canonical(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
