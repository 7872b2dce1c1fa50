"""Statement of a publication: who vouches for the public record of a lot, signed by the issuer.

The statement names the record by the SHA-256 of its canonical JSON, the organisation that submitted
it, those that reviewed it, and for each act its entry in the audit chain. Organisations have no
keys: that their accounts did this is in the chain, whose heads are signed and kept outside
(docs/heads.md). The issuer's signature lets anybody check a record without access to the chain.

A record quotes results of laboratories and certificates. The statement names the organisation of
each with the id of its event and its audit entry, so those organisations vouch for them as the
author vouches for the rest.

The signed bytes are the statement as JSON with names sorted, no spaces, UTF-8, behind a prefix of
their own. The newest epoch's key signs.
"""

from collections.abc import Mapping
from typing import Any, Final

from issuer.signing import Signer
from ledger.chains.hash_chain import digest_json, to_canonical_json
from ledger.lots.lot_submission import STATEMENT_FORMAT
from stamps import detached_signature
from stamps.errors import VeritemError
from stamps.signature import PublicKeys
from traceability.diary.result_check import is_true_to_event

_QUOTED: Final = {"tests": "test", "certificates": "certificate"}
"""The kind of the entries in each part of a record."""


class WrongPublication(VeritemError):
    """A document is no publication, or its record is not the one that the statement names."""

    code = "wrong-publication"
    message = "not a publication as it was signed: {why}"


def sign_publication(statement: Mapping[str, Any], signer: Signer, epoch: int) -> dict[str, str]:
    """Return the signature of a statement. Raises `NoSigningKey`."""
    return signer.sign_publication(epoch, _encode(statement))


def verify_publication(statement: Mapping[str, Any], signature: object, keys: PublicKeys) -> None:
    """Check the signature of a statement. Raises `BadSignature`."""
    prefix = detached_signature.PUBLICATION_PREFIX
    detached_signature.verify_detached(_encode(statement), signature, keys, prefix=prefix)


def check_publication(document: Mapping[str, Any], keys: PublicKeys) -> Mapping[str, Any]:
    """Check a publication with its record, without access to the ledger; return its statement.

    The issuer signed the statement, the record has the hash that it names, and every result that
    the record quotes is one that the statement names, with the id of its event.
    Raises `WrongPublication`, `BadSignature`.
    """
    try:
        record, statement = document["record"], document["statement"]
        verify_publication(statement, document["signature"], keys)
        if statement["format"] != STATEMENT_FORMAT:
            raise WrongPublication(why="its format is unknown")
        if digest_json(record) != statement["sha256"]:
            raise WrongPublication(why="the record has another hash than the statement names")
        named = {
            (one["kind"], one["organisation"], one["event"]) for one in statement.get("events", ())
        }
        quoted = [(kind, one) for part, kind in _QUOTED.items() for one in record.get(part, ())]
        if named != {(kind, one["organisation"], one["event"]) for kind, one in quoted}:
            raise WrongPublication(why="the statement names other results than the record has")
    except (KeyError, TypeError, AttributeError) as error:
        raise WrongPublication(why=f"it cannot be read ({error!r})") from None
    for kind, one in quoted:
        if not is_true_to_event(kind, one):
            raise WrongPublication(why=f"a result differs from its event {one['event']}")
    return dict(statement)


def _encode(statement: Mapping[str, Any]) -> bytes:
    return to_canonical_json(dict(statement)).encode()
