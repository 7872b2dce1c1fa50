"""Key store: a directory with the secrets of the epochs; all keys are derived from them.

```
masters.json   the epochs' masters; the issuer alone
signing.json   the seeds of the Ed25519 keys; the issuer alone
opening.json   the keys that open codes; the resolver and the recorder have it too
claims.json    the keys that PINs follow from; the claim service has it too
public.json    the public keys, a JWK set, plain
numbers.json   the highest batch number that was issued, plain (`issuer.number_mark`)
```

Each but the last has a passphrase of its own. There are 32 epochs, 0 to 31, and no number is used
twice. The newest seals, and all that are not retired open. Retiring one erases its secrets; the
newest cannot be retired before another takes its place.

**A crash between two files** leaves a store that opens, because `opening.json` decides which
epochs exist. A new epoch is written there last; until then its keys wait in the other files, and
the next `rotate` uses them. A retired one is written there first; it is refused from that moment,
and retiring it again finishes the work. Passphrases are passed in; secrets are never shown.

A store of the earlier form, with the masters in `opening.json`, is refused (`OldKeyFile`) until
`issuer.key_upgrade` has rewritten it.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

from issuer import files
from issuer.signing import Signer
from issuer.stamp_keys import StampKeys
from ledger.storage.private_file import narrow_mode
from stamps.code import EPOCHS
from stamps.envelope import NONCE_BYTES, SALT_BYTES
from stamps.errors import BadSignature, VeritemError
from stamps.key_derivation import MASTER_BYTES
from stamps.key_file import (
    DEMO_PASSPHRASES as DEMO_BY_KIND,
)
from stamps.key_file import (
    DEMO_WARNING,
    Epoch,
    KeyFile,
    KeyKind,
    MalformedKeyFile,
)
from stamps.signature import PublicKeys

PUBLIC: Final = "public.json"
SHORTEST_PASSPHRASE: Final = 12

_log = structlog.get_logger("issuer.keystore")


class NoKeyStore(VeritemError):
    """There is no key store in the directory, or a file of it is missing or unreadable."""

    code = "no-key-store"
    message = "no key store: {path} {why}"


class KeyStoreExists(VeritemError):
    """There is a key store already, which is never overwritten."""

    code = "key-store-exists"
    message = "there is a key store in {directory} already"


class WeakPassphrase(VeritemError):
    """The passphrase is too weak to protect the keys."""

    code = "weak-passphrase"
    message = "the passphrase of {kind}.json {why}"


class EpochsSpent(VeritemError):
    """All 32 epoch numbers have been used."""

    code = "epochs-spent"
    message = "all 32 epochs have been used"


class EpochNotRetirable(VeritemError):
    """The epoch cannot be retired: it still seals, or there is no such epoch."""

    code = "epoch-not-retirable"
    message = "epoch {epoch} cannot be retired: {why}"


@dataclass(frozen=True)
class DemoKey:
    """The warning that the store's keys are demo keys, which protect nothing."""

    directory: str

    def __str__(self) -> str:
        return f"{DEMO_WARNING} ({self.directory})"


@dataclass(frozen=True)
class Passphrases:
    """The passphrases of the four files; `repr` hides them."""

    masters: str = ""
    signing: str = ""
    opening: str = ""
    claims: str = ""

    def get(self, kind: KeyKind) -> str:
        """Return the passphrase of a kind of keys."""
        passphrase: str = getattr(self, kind)
        return passphrase

    def __repr__(self) -> str:
        return "Passphrases(…)"


DEMO_PASSPHRASES: Final = Passphrases(**{str(kind): words for kind, words in DEMO_BY_KIND.items()})


@dataclass(frozen=True)
class _Files:
    """The decrypted files that hold secrets of their own; the others are derived from `masters`."""

    masters: KeyFile
    signing: KeyFile


class KeyStore:
    """A key store. Only `open_stamp_keys` and `open_signer` read secrets."""

    def __init__(self, directory: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.directory = directory
        self._entropy = entropy

    @classmethod
    def create(
        cls,
        directory: Path,
        passphrases: Passphrases,
        *,
        demo: bool = False,
        at: int | None = None,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> "KeyStore":
        """Create a store with its first epoch; a demo store has the demo's passphrases.

        Raises:
            KeyStoreExists: there is one.
            WeakPassphrase: too short, two the same, or the demo's outside a demo.
            KeyStoreBusy: another process is changing it.
        """
        check_passphrases(passphrases, demo)
        store = cls(directory, entropy=entropy)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with files.lock_directory(directory):
            if store.exists():
                raise KeyStoreExists(directory=str(directory))
            # What a crashed creation left was never used: `opening.json` is written last.
            empty = _Files(KeyFile("masters", demo=demo), KeyFile("signing", demo=demo))
            opening = KeyFile("opening", demo=demo)
            store._add_epoch(opening, empty, passphrases, _now() if at is None else at)
        return store

    def exists(self) -> bool:
        """Whether there is a store in the directory, of this or the earlier form."""
        return get_path(self.directory, "opening").exists()

    @property
    def demo(self) -> bool:
        """Whether the store has demo keys."""
        return self._inspect("opening").demo

    def list_warnings(self) -> list[DemoKey]:
        """Return the warnings to show to whoever opens the store."""
        return [DemoKey(str(self.directory))] if self.demo else []

    def narrow_files(self) -> None:
        """Make the key files readable by their owner only, also those that this process leaves."""
        for kind in DEMO_BY_KIND:
            narrow_mode(get_path(self.directory, kind))

    def epochs(self) -> tuple[Epoch, ...]:
        """Return all epochs, oldest first, with their times; needs no passphrase."""
        return self._inspect("opening").epochs

    def open_stamp_keys(self, passphrase: str) -> StampKeys:
        """Decrypt the masters, and derive the keys of codes and PINs from them.

        Raises:
            NoKeyStore: a file is missing or unreadable.
            OldKeyFile: the store has the form of an earlier version.
            WrongPassphrase: another passphrase, or the file was altered.
        """
        active = set(self._inspect("opening").active_epochs)
        masters = self._decrypt("masters", passphrase)
        return StampKeys.derive({e: key for e, key in masters.secrets.items() if e in active})

    def open_signer(self, passphrase: str) -> Signer:
        """Decrypt the signing keys of the epochs that are not retired.

        Raises:
            NoKeyStore: the file is missing (it is on the issuer's machine only) or unreadable.
            WrongPassphrase: another passphrase, or the file was altered.
        """
        active = set(self._inspect("opening").active_epochs)
        secrets = self._decrypt("signing", passphrase).secrets
        return Signer({epoch: seed for epoch, seed in secrets.items() if epoch in active})

    def load_public_keys(self) -> PublicKeys:
        """Return the public keys of the epochs that are not retired.

        Raises:
            NoKeyStore: the file is missing or unreadable.
        """
        active = {f"epoch-{epoch}" for epoch in self._inspect("opening").active_epochs}
        document = read_document(self.directory / PUBLIC)
        try:
            keys = [key for key in document["keys"] if key["kid"] in active]
            return PublicKeys.from_jwks({"keys": keys})
        except (KeyError, TypeError, BadSignature) as error:
            raise NoKeyStore(path=str(self.directory / PUBLIC), why=f"is broken: {error}") from None

    def rotate(self, passphrases: Passphrases, *, at: int | None = None) -> int:
        """Create a new epoch, which seals from now on; return its number.

        Raises:
            EpochsSpent: there is no number left.
            KeyStoreBusy, NoKeyStore, WrongPassphrase: nothing was changed.
        """
        with self._lock():
            opening, held = self._decrypt_all(passphrases)
            return self._add_epoch(opening, held, passphrases, _now() if at is None else at)

    def retire(self, epoch: int, passphrases: Passphrases, *, at: int | None = None) -> None:
        """Erase an epoch's secrets: its codes no longer open and nothing is signed with it.

        Retiring the same epoch again finishes what a crash left undone.

        Raises:
            EpochNotRetirable: it is the newest, or was never made.
            KeyStoreBusy, NoKeyStore, WrongPassphrase: nothing was changed.
        """
        with self._lock():
            opening, held = self._decrypt_all(passphrases)
            if epoch not in range(len(opening.epochs)):
                raise EpochNotRetirable(epoch=epoch, why="it was never created")
            if epoch == len(opening.epochs) - 1:
                raise EpochNotRetirable(epoch=epoch, why="it seals new stamps; rotate first")
            at = _now() if at is None else at
            opening = _retire_epoch(opening, epoch, at)
            self._write(opening, passphrases)  # from here on it is refused
            masters = _drop_retired(held.masters, opening)
            signing = _drop_retired(held.signing, opening)
            self._write(masters.derive_claims(), passphrases)
            self._publish(signing)
            self._write(signing, passphrases)
            self._write(masters, passphrases)

    def _add_epoch(self, opening: KeyFile, held: _Files, passphrases: Passphrases, at: int) -> int:
        number = len(opening.epochs)
        if number >= EPOCHS:
            raise EpochsSpent()
        masters, signing = (
            _drop_retired(held.masters, opening),
            _drop_retired(held.signing, opening),
        )
        # A file is one longer if a rotation was cut off before its last file; its key is used.
        if len(masters.epochs) == number:
            masters = _append_epoch(masters, Epoch(number, at), self._entropy(MASTER_BYTES))
            self._write(masters, passphrases)
        if len(signing.epochs) == number:
            signing = _append_epoch(signing, Epoch(number, at), self._entropy(MASTER_BYTES))
            self._write(signing, passphrases)
        self._publish(signing)
        self._write(masters.derive_claims(), passphrases)
        self._write(masters.derive_opening(), passphrases)
        return number

    def _decrypt_all(self, passphrases: Passphrases) -> tuple[KeyFile, _Files]:
        """Decrypt all files, so that no file is ever written with another passphrase."""
        opening = self._decrypt("opening", passphrases.opening)
        self._decrypt("claims", passphrases.claims)
        return opening, _Files(
            self._decrypt("masters", passphrases.masters),
            self._decrypt("signing", passphrases.signing),
        )

    def _publish(self, signing: KeyFile) -> None:
        keys = Signer(signing.secrets).public_keys().to_jwks()
        files.write_json(self.directory / PUBLIC, keys, files.PUBLIC)

    def _write(self, file: KeyFile, passphrases: Passphrases) -> None:
        write_key_file(self.directory, file, passphrases.get(file.kind), self._entropy)

    def _lock(self) -> Any:
        if not self.directory.is_dir():
            raise NoKeyStore(path=str(self.directory), why="is not there")
        return files.lock_directory(self.directory)

    def _inspect(self, kind: KeyKind) -> KeyFile:
        return self._parse_with(kind, lambda document: KeyFile.inspect(document, kind))

    def _decrypt(self, kind: KeyKind, passphrase: str) -> KeyFile:
        file = self._parse_with(kind, lambda document: KeyFile.decrypt(document, kind, passphrase))
        if file.demo:
            _log.warning("demo-key", message=str(DemoKey(str(self.directory))), kind=kind)
        return file

    def _parse_with(self, kind: KeyKind, read: Callable[[Any], KeyFile]) -> KeyFile:
        path = get_path(self.directory, kind)
        try:
            return read(read_document(path))
        except MalformedKeyFile as error:
            raise NoKeyStore(path=str(path), why=f"is {error}") from error


def get_path(directory: Path, kind: KeyKind) -> Path:
    """Return the path of a key file in a store."""
    return directory / f"{kind}.json"


def read_document(path: Path) -> Any:
    """Read the JSON of a file of a store; a key file is made readable by its owner only.

    Raises:
        NoKeyStore: the file is missing, or no JSON.
    """
    if path.name != PUBLIC:
        narrow_mode(path)
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise NoKeyStore(path=str(path), why=f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise NoKeyStore(path=str(path), why="is not JSON") from error


def write_key_file(
    directory: Path, file: KeyFile, passphrase: str, entropy: Callable[[int], bytes] = os.urandom
) -> None:
    """Encrypt a key file and write it durably into a store."""
    document = file.encrypt(passphrase, salt=entropy(SALT_BYTES), nonce=entropy(NONCE_BYTES))
    files.write_json(get_path(directory, file.kind), document, files.SECRET)


def _append_epoch(file: KeyFile, epoch: Epoch, secret: bytes) -> KeyFile:
    return replace(
        file, epochs=(*file.epochs, epoch), secrets={**file.secrets, epoch.epoch: secret}
    )


def _retire_epoch(file: KeyFile, number: int, at: int) -> KeyFile:
    epochs = tuple(
        replace(epoch, retired_at=epoch.retired_at or at) if epoch.epoch == number else epoch
        for epoch in file.epochs
    )
    secrets = {epoch: secret for epoch, secret in file.secrets.items() if epoch != number}
    return replace(file, epochs=epochs, secrets=secrets)


def _drop_retired(file: KeyFile, opening: KeyFile) -> KeyFile:
    """Return a file without the secrets of epochs that the opening file retired."""
    for epoch in opening.epochs:
        if epoch.retired_at is not None and epoch.epoch in file.active_epochs:
            file = _retire_epoch(file, epoch.epoch, epoch.retired_at)
    return file


def check_passphrases(passphrases: Passphrases, demo: bool) -> None:
    """Check that the passphrases can protect a store. Raises `WeakPassphrase`."""
    if demo:
        if passphrases != DEMO_PASSPHRASES:
            raise WeakPassphrase(kind="masters", why="must be the public one in a demo")
        return
    published = set(DEMO_BY_KIND.values())
    seen: dict[str, str] = {}
    for kind, passphrase in asdict(passphrases).items():
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise WeakPassphrase(kind=kind, why=f"has under {SHORTEST_PASSPHRASE} characters")
        if passphrase in published:
            raise WeakPassphrase(kind=kind, why="is the demo's, which everybody knows")
        if passphrase in seen:
            raise WeakPassphrase(kind=kind, why=f"is the same as that of {seen[passphrase]}.json")
        seen[passphrase] = kind


def _now() -> int:
    return time.time_ns() // 1_000_000
