"""Detached signatures of documents, as the issuer signs manifests.

A signature is a JSON object `{"kid": "epoch-N", "alg": "EdDSA", "signature": …}`: Ed25519 (RFC
8032) over `PREFIX` and the document's bytes, in base64url without padding, by the key of epoch N.
The prefix keeps signatures of documents and of stamps apart.

Only `issuer.signing` can sign.

>>> verify_detached(b"{}", {"kid": "epoch-1", "alg": "none"}, PublicKeys({}))
Traceback (most recent call last):
    ...
stamps.errors.BadSignature: not the issuer's signature: its alg is 'none', not 'EdDSA'
"""

import base64
from collections.abc import Mapping
from typing import Final

from stamps.base64url import encode_base64url
from stamps.errors import BadSignature
from stamps.signature import PublicKeys, format_kid, parse_kid

PREFIX: Final = b"veritem manifest v1:"
CASE_PREFIX: Final = b"veritem case v1:"
"""The prefix of case files (`issuer.case_file`)."""
SNAPSHOT_PREFIX: Final = b"veritem field snapshot v1:"
"""The prefix of field snapshots (`issuer.field_snapshot`)."""
PUBLICATION_PREFIX: Final = b"veritem publication v1:"
"""The prefix of statements of publications (`issuer.publication`)."""
ALGORITHM: Final = "EdDSA"


def format_detached(epoch: int, signature: bytes) -> dict[str, str]:
    """Return the JSON object for an epoch's 64-byte signature of a prefix and a document."""
    return {
        "kid": format_kid(epoch),
        "alg": ALGORITHM,
        "signature": encode_base64url(signature),
    }


def verify_detached(
    document: bytes,
    signature: object,
    keys: PublicKeys,
    epoch: int | None = None,
    *,
    prefix: bytes = PREFIX,
) -> None:
    """Check a signature object of a document; only the key of `epoch` counts when it is given.

    Raises:
        BadSignature: malformed, by an unknown or another key, or not made for these bytes.
    """
    if not isinstance(signature, Mapping):
        raise BadSignature(why="there is none")
    if signature.get("alg") != ALGORITHM:
        raise BadSignature(why=f"its alg is {signature.get('alg')!r}, not {ALGORITHM!r}")
    try:
        named = parse_kid(str(signature.get("kid")))
        raw = base64.b64decode(f"{signature.get('signature')}==", altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadSignature(why=f"it cannot be read ({error})") from None
    if epoch is not None and named != epoch:
        raise BadSignature(why=f"its key is of epoch {named}, not {epoch}")
    keys.verify_bytes(named, raw, prefix + document)
