"""Orders, batches, signing and manifests: the only room that can sign.

    store = KeyStore(Path("var/keys"))
    issuer = Issuer(ledger, store.ring(opening_passphrase), store.signer(signing_passphrase))
    batch = await issuer.issue("order-1", host="VERITEM.VN", actor="mai", key="order-1/1")
    run = issuer.print_run(batch)

Orders are requested and approved in the ledger, by two persons. Loading this package loads code
that signs: a process that faces the world opens its keys with `stamps.key_file` instead.
"""

from issuer.batches import AlteredBatch, Issuer, MalformedHost, NoTradeItem, Unfinished
from issuer.files import KeyStoreBusy
from issuer.keystore import (
    DEMO_PASSPHRASES,
    DemoKey,
    EpochNotRetirable,
    EpochsSpent,
    KeyStore,
    KeyStoreExists,
    NoKeyStore,
    Passphrases,
    WeakPassphrase,
)
from issuer.manifest import (
    MalformedManifest,
    Manifest,
    NotTheBatch,
    code_list,
    hash_codes,
    verify_codes,
)
from issuer.signing import NoSigningKey, Signer

__all__ = [
    "DEMO_PASSPHRASES",
    "AlteredBatch",
    "DemoKey",
    "EpochNotRetirable",
    "EpochsSpent",
    "Issuer",
    "KeyStore",
    "KeyStoreBusy",
    "KeyStoreExists",
    "MalformedHost",
    "MalformedManifest",
    "Manifest",
    "NoKeyStore",
    "NoSigningKey",
    "NoTradeItem",
    "NotTheBatch",
    "Passphrases",
    "Signer",
    "Unfinished",
    "WeakPassphrase",
    "code_list",
    "hash_codes",
    "verify_codes",
]
