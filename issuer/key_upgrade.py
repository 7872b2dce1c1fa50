"""Upgrade of a key store of the earlier form, in which `opening.json` had the epochs' masters.

The masters go to `masters.json`, and `opening.json` and `claims.json` get the keys that follow from
them. No key changes, so all codes, PINs and signatures stay good.

**A crash between two files** loses nothing: `opening.json` is replaced last, after the masters are
durable in `masters.json`. Until then the store has the earlier form, and upgrading it again writes
all files anew.

Whoever had `opening.json` of the earlier form and its passphrase can derive everything for the
epochs in it: the upgrade protects against a theft after it. Remove the old file from the services
and from their backups.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from issuer import files
from issuer.keystore import (
    NoKeyStore,
    Passphrases,
    check_passphrases,
    get_path,
    read_document,
    write_key_file,
)
from stamps.key_file import FORMAT, OLD_FORMAT, KeyFile, KeyKind, MalformedKeyFile


def inspect_old_store(directory: Path) -> KeyFile | None:
    """Return the plain part of `opening.json` of the earlier form; None if it has today's form.

    Raises:
        NoKeyStore: there is no store, or its `opening.json` is unreadable.
    """
    path = get_path(directory, "opening")
    document = read_document(path)
    if not isinstance(document, dict) or document.get("format") != OLD_FORMAT:
        return None
    try:
        return KeyFile.inspect(document, "opening", OLD_FORMAT)
    except MalformedKeyFile as error:
        raise NoKeyStore(path=str(path), why=f"is {error}") from error


def upgrade_store(
    directory: Path, passphrases: Passphrases, *, entropy: Callable[[int], bytes] = os.urandom
) -> bool:
    """Rewrite a store of the earlier form; return whether there was anything to do.

    `opening.json` and `signing.json` keep their passphrases. Those of the masters and of the claim
    keys are new ones.

    Raises:
        KeyStoreBusy: another process is changing the store.
        NoKeyStore: there is none, or a file of it is unreadable.
        WeakPassphrase, WrongPassphrase: nothing was changed.
    """
    if inspect_old_store(directory) is None:
        return False
    with files.lock_directory(directory):
        old = _decrypt(directory, "opening", passphrases, OLD_FORMAT)
        check_passphrases(passphrases, old.demo)
        signing = _decrypt_signing(directory, passphrases)
        masters = replace(old, kind="masters", form=FORMAT)
        rewritten = (masters, signing, masters.derive_claims(), masters.derive_opening())
        for file in rewritten:
            write_key_file(directory, file, passphrases.get(file.kind), entropy)
    return True


def _decrypt_signing(directory: Path, passphrases: Passphrases) -> KeyFile:
    """The signing file, which an upgrade that was cut off may have rewritten already."""
    document = read_document(get_path(directory, "signing"))
    form = document.get("format") if isinstance(document, dict) else None
    is_rewritten = form == FORMAT
    file = _decrypt(directory, "signing", passphrases, FORMAT if is_rewritten else OLD_FORMAT)
    return replace(file, form=FORMAT)


def _decrypt(directory: Path, kind: KeyKind, passphrases: Passphrases, form: str) -> KeyFile:
    path = get_path(directory, kind)
    try:
        return KeyFile.decrypt(read_document(path), kind, passphrases.get(kind), form)
    except MalformedKeyFile as error:
        raise NoKeyStore(path=str(path), why=f"is {error}") from error
