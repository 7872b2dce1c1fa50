"""Chain heads: signed where the database's owner has no access, and pushed to places outside.

    key = HeadKeyStore(Path("var/heads")).open(passphrase)
    with SignerState.lock(Path("var/heads"), key.public_keys()) as state:
        head = await HeadSigner(key, state, clock).sign(ledger)

The signer signs only a proven extension of what it signed before. `issuer.heads.service` brings
heads to the places, `issuer.heads.run` is the process that does both.
"""

from issuer.heads.key import HeadKey, HeadKeyStore, NoHeadKey
from issuer.heads.place import HeadPlace, PushFailed
from issuer.heads.signer import HeadSigner, LossNotAccepted
from issuer.heads.state import NoSignerState, PlaceRecord, SignerBusy, SignerState

__all__ = [
    "HeadKey",
    "HeadKeyStore",
    "HeadPlace",
    "HeadSigner",
    "LossNotAccepted",
    "NoHeadKey",
    "NoSignerState",
    "PlaceRecord",
    "PushFailed",
    "SignerBusy",
    "SignerState",
]
