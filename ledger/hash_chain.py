"""The hash chain: each row of history seals the one before.

A chained row has a number (1, 2, 3 … without gaps) and a hash:

    hash(n) = SHA-256( hash(n-1) ‖ canonical JSON of [n, field, field, …] )

where hash(0), the genesis, is the SHA-256 of the chain's name. Whoever edits, removes, adds or
reorders a row must rewrite every later hash, and then the head no longer is the one that others
have written down (`Ledger.transitions.head()`, printed by `veritem audit verify` for that purpose).

>>> start = genesis("transitions")
>>> one = seal(start, [1, "print", 0, 5000])
>>> two = seal(one, [2, "activate", 0, 5000])
>>> two == seal(seal(start, [1, "print", 0, 5000]), [2, "activate", 0, 5000])
True
>>> two == seal(seal(start, [1, "print", 0, 4000]), [2, "activate", 0, 5000])
False
"""

import hashlib
import json
from collections.abc import Sequence

Field = int | str | bool | None


def genesis_hash(name: str) -> str:
    """The hash before the first row of the chain `name`: 64 hexadecimal digits."""
    return hashlib.sha256(f"veritem chain v1 {name}".encode()).hexdigest()


def hash_row(previous: str, fields: Sequence[Field]) -> str:
    """The hash of a row after the row whose hash is `previous`, as 64 hexadecimal digits."""
    return hashlib.sha256(
        bytes.fromhex(previous) + to_canonical_json(list(fields)).encode()
    ).hexdigest()


def to_canonical_json(value: object) -> str:
    """JSON with one way to write each value: sorted keys, no spaces, letters as they are."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def digest_json(value: object) -> str:
    """The SHA-256 of a value's canonical JSON: what makes two requests the same request."""
    return hashlib.sha256(to_canonical_json(value).encode()).hexdigest()
