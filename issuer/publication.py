"""Statement of a publication: who vouches for the public record of a lot, signed by the issuer.

The statement names the record by the SHA-256 of its canonical JSON, the organisation that submitted
it, those that reviewed it, and for each act its entry in the audit chain. Organisations have no
keys: that their accounts did this is in the chain, whose heads are signed and kept outside
(docs/heads.md). The issuer's signature lets anybody check a record without access to the chain.

The signed bytes are the statement as JSON with names sorted, no spaces, UTF-8, behind a prefix of
their own. The newest epoch's key signs.
"""

from collections.abc import Mapping
from typing import Any

from issuer.signing import Signer
from ledger.chains.hash_chain import to_canonical_json
from stamps import detached_signature
from stamps.signature import PublicKeys


def sign_publication(statement: Mapping[str, Any], signer: Signer, epoch: int) -> dict[str, str]:
    """Return the signature of a statement. Raises `NoSigningKey`."""
    return signer.sign_publication(epoch, _encode(statement))


def verify_publication(statement: Mapping[str, Any], signature: object, keys: PublicKeys) -> None:
    """Check the signature of a statement. Raises `BadSignature`."""
    prefix = detached_signature.PUBLICATION_PREFIX
    detached_signature.verify_detached(_encode(statement), signature, keys, prefix=prefix)


def _encode(statement: Mapping[str, Any]) -> bytes:
    return to_canonical_json(dict(statement)).encode()
