"""Issuer: key store, signing, manifests and batches; the only package that can sign.

    store = KeyStore(Path("var/keys"))
    issuer = Issuer(ledger, store.open_stamp_keys(masters), store.open_signer(signing))
    batch = await issuer.issue("order-1", host="VERITEM.VN", actor="mai", key="order-1/1")
    run = issuer.prepare_print_run(batch)

Orders are requested and approved in the ledger, by two persons. Importing this package imports code
that signs: the public resolver opens its keys with `stamps.key_file` instead.
"""

from issuer.batches import AlteredBatch, Issuer, MalformedHost, NoTradeItem, UnfinishedBatch
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
    CodesMismatch,
    MalformedManifest,
    Manifest,
    hash_codes,
    iterate_code_list,
    verify_codes,
)
from issuer.number_mark import NoNumberMark, NumberMark
from issuer.signing import NoSigningKey, Signer
from issuer.stamp_keys import StampKeys

__all__ = [
    "DEMO_PASSPHRASES",
    "AlteredBatch",
    "CodesMismatch",
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
    "NoNumberMark",
    "NoSigningKey",
    "NoTradeItem",
    "NumberMark",
    "Passphrases",
    "Signer",
    "StampKeys",
    "UnfinishedBatch",
    "WeakPassphrase",
    "hash_codes",
    "iterate_code_list",
    "verify_codes",
]
