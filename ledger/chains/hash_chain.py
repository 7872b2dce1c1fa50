"""Hash chain: the hash of each row of history covers the row before.

A chained row has a number (1, 2, 3 … without gaps) and a hash:

    hash(n) = SHA-256( hash(n-1) ‖ canonical JSON of [n, field, field, …] )

where hash(0), the genesis, is the SHA-256 of the chain's name. Whoever edits, removes, adds or
reorders a row must rewrite every later hash, and then the head differs from those that were signed
and pushed outside of the ledger (`ledger.audit.head_statement`; `veritem heads`).

>>> start = genesis_hash("transitions")
>>> one = hash_row(start, [1, "print", 0, 5000])
>>> two = hash_row(one, [2, "activate", 0, 5000])
>>> two == hash_row(hash_row(start, [1, "print", 0, 5000]), [2, "activate", 0, 5000])
True
>>> two == hash_row(hash_row(start, [1, "print", 0, 4000]), [2, "activate", 0, 5000])
False
"""

import hashlib
import json
from collections.abc import Sequence

Field = int | str | bool | None
ChainHead = tuple[int, str]
"""Number and hash of a chain's last row; `(0, genesis)` before the first."""


def genesis_hash(name: str) -> str:
    """Return the hash before the first row of the chain `name`: 64 hexadecimal digits."""
    return hashlib.sha256(f"veritem chain v1 {name}".encode()).hexdigest()


def hash_row(previous: str, fields: Sequence[Field]) -> str:
    """Return the hash of a row that follows the hash `previous`: 64 hexadecimal digits."""
    return hashlib.sha256(
        bytes.fromhex(previous) + to_canonical_json(list(fields)).encode()
    ).hexdigest()


def to_canonical_json(value: object) -> str:
    """Return canonical JSON: sorted keys, no spaces, no escapes for letters."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def digest_json(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON; equal requests have equal digests."""
    return hashlib.sha256(to_canonical_json(value).encode()).hexdigest()
