"""Chain heads: signed where the database's owner has no access, and pushed to places outside.

    key = HeadKeyStore(Path("var/heads")).open(passphrase)
    with SignerState.lock(Path("var/heads"), key.public_keys()) as state:
        head = await HeadSigner(key, state, clock).sign(ledger)

The signer signs only a proven extension of what it signed before. `push` brings heads to the
places; `run` does both until the process ends.
"""

from issuer.heads.key import HeadKey, HeadKeyStore, NoHeadKey
from issuer.heads.place import HeadPlace, PushFailed
from issuer.heads.signer import HeadSigner, NothingLost
from issuer.heads.state import NoSignerState, PlaceRecord, SignerState

__all__ = [
    "HeadKey",
    "HeadKeyStore",
    "HeadPlace",
    "HeadSigner",
    "NoHeadKey",
    "NoSignerState",
    "NothingLost",
    "PlaceRecord",
    "PushFailed",
    "SignerState",
]
