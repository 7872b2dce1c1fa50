"""The key store: a directory with the secrets of the epochs, from which everything else follows.

```
opening.json   the epochs' masters; the issuer and the resolver have it and its passphrase
signing.json   the seeds of the Ed25519 keys; the issuer alone, another passphrase
public.json    the public keys, a JWK set, plain
```

There are 32 epochs, 0 to 31, and no number is used twice. The newest seals, all that are not
retired open; retiring one erases its secrets, and the newest can not be retired before another
takes its place.

**A crash between two files** leaves a store that opens, because `opening.json` decides what an
epoch is: a new epoch is written there last (its keys wait in the other files until then, and the
next `rotate` takes them up), and a retired one there first (it is refused from that instant, and
retiring it again finishes the work). Passphrases come as values; the secrets are never shown.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

from issuer import files
from issuer.signing import Signer
from stamps.code import EPOCHS
from stamps.envelope import NONCE_BYTES, SALT_BYTES
from stamps.errors import BadSignature, VeritemError
from stamps.key_file import (
    DEMO_OPENING_PASSPHRASE,
    DEMO_SIGNING_PASSPHRASE,
    DEMO_WARNING,
    Epoch,
    KeyFile,
    KeyKind,
    MalformedKeyFile,
)
from stamps.key_ring import MASTER_BYTES, KeyRing
from stamps.signature import PublicKeys

OPENING, SIGNING, PUBLIC = "opening.json", "signing.json", "public.json"
SHORTEST_PASSPHRASE: Final = 12

_log = structlog.get_logger("issuer.keystore")


class NoKeyStore(VeritemError):
    """There is no key store in the directory, or a file of it is missing or unreadable."""

    code = "no-key-store"
    message = "no key store: {path} {why}"


class KeyStoreExists(VeritemError):
    """There is a key store already; it is never overwritten."""

    code = "key-store-exists"
    message = "there is a key store in {directory} already"


class WeakPassphrase(VeritemError):
    """The passphrase would protect nothing."""

    code = "weak-passphrase"
    message = "the passphrase of the {kind} keys {why}"


class EpochsSpent(VeritemError):
    """All the epochs have been used; codes have no number for another."""

    code = "epochs-spent"
    message = "all 32 epochs have been used"


class EpochNotRetirable(VeritemError):
    """The epoch can not be retired: it still seals, or there is no such epoch."""

    code = "epoch-not-retirable"
    message = "epoch {epoch} can not be retired: {why}"


@dataclass(frozen=True)
class DemoKey:
    """A loud warning: the store's keys protect nothing."""

    directory: str

    def __str__(self) -> str:
        return f"{DEMO_WARNING} ({self.directory})"


@dataclass(frozen=True)
class Passphrases:
    """The two passphrases; they are not shown."""

    opening: str
    signing: str

    def __repr__(self) -> str:
        return "Passphrases(…)"


DEMO_PASSPHRASES: Final = Passphrases(DEMO_OPENING_PASSPHRASE, DEMO_SIGNING_PASSPHRASE)


class KeyStore:
    """One key store. Opening it reads nothing secret; `ring` and `signer` do."""

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
        """Make a store with its first epoch; a demo store takes the demo's passphrases.

        Raises:
            KeyStoreExists: there is one.
            WeakPassphrase: too short, both the same, or the demo's outside a demo.
            KeyStoreBusy: another process is at it.
        """
        _check_passphrases(passphrases, demo)
        store = cls(directory, entropy=entropy)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with files.only_writer(directory):
            if (directory / OPENING).exists():
                raise KeyStoreExists(directory=str(directory))
            # Whatever a crashed creation left was never opened: `opening.json` comes last.
            opening, signing = KeyFile("opening", demo=demo), KeyFile("signing", demo=demo)
            store._add_epoch(opening, signing, passphrases, _now() if at is None else at)
        return store

    @property
    def demo(self) -> bool:
        """Whether the store is marked as a demo's."""
        return self._look("opening").demo

    def warnings(self) -> list[DemoKey]:
        """What whoever opens the store must be told."""
        return [DemoKey(str(self.directory))] if self.demo else []

    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs, oldest first, with their times; needs no passphrase."""
        return self._look("opening").epochs

    def ring(self, passphrase: str) -> KeyRing:
        """The keys that seal and open.

        Raises:
            NoKeyStore: the file is missing or unreadable.
            WrongPassphrase: it does not open them, or the file was altered.
        """
        return self._unlock("opening", passphrase).build_ring()

    def signer(self, passphrase: str) -> Signer:
        """The keys that sign, of the epochs that are not retired.

        Raises:
            NoKeyStore: the file is missing (it is on the issuer's machine only) or unreadable.
            WrongPassphrase: it does not open them, or the file was altered.
        """
        living = set(self._look("opening").active_epochs)
        secrets = self._unlock("signing", passphrase).secrets
        return Signer({epoch: seed for epoch, seed in secrets.items() if epoch in living})

    def public_keys(self) -> PublicKeys:
        """The public keys of the epochs that are not retired, as they are published.

        Raises:
            NoKeyStore: the file is missing or unreadable.
        """
        living = {f"epoch-{epoch}" for epoch in self._look("opening").active_epochs}
        document = self._read(PUBLIC)
        try:
            keys = [key for key in document["keys"] if key["kid"] in living]
            return PublicKeys.from_jwks({"keys": keys})
        except (KeyError, TypeError, BadSignature) as error:
            raise NoKeyStore(path=str(self.directory / PUBLIC), why=f"is broken: {error}") from None

    def rotate(self, passphrases: Passphrases, *, at: int | None = None) -> int:
        """Make a new epoch, which seals from now on; its number is returned.

        Raises:
            EpochsSpent: there is no number left.
            KeyStoreBusy, NoKeyStore, WrongPassphrase: nothing was changed.
        """
        with self._only_writer():
            opening = self._unlock("opening", passphrases.opening)
            signing = self._unlock("signing", passphrases.signing)
            return self._add_epoch(opening, signing, passphrases, _now() if at is None else at)

    def retire(self, epoch: int, passphrases: Passphrases, *, at: int | None = None) -> None:
        """Erase an epoch's secrets: its codes no longer open and nothing is signed with it.

        Again for the same epoch, it finishes what a crash left undone.

        Raises:
            EpochNotRetirable: it is the newest, or was never made.
            KeyStoreBusy, NoKeyStore, WrongPassphrase: nothing was changed.
        """
        with self._only_writer():
            opening = self._unlock("opening", passphrases.opening)
            signing = self._unlock("signing", passphrases.signing)
            if epoch not in range(len(opening.epochs)):
                raise EpochNotRetirable(epoch=epoch, why="it was never made")
            if epoch == len(opening.epochs) - 1:
                raise EpochNotRetirable(epoch=epoch, why="it seals new stamps; rotate first")
            at = _now() if at is None else at
            opening = _retired(opening, epoch, at)
            self._write(opening, passphrases.opening)  # from here on it is refused
            signing = _reconciled(signing, opening)
            self._publish(signing)
            self._write(signing, passphrases.signing)

    def _add_epoch(
        self, opening: KeyFile, signing: KeyFile, passphrases: Passphrases, at: int
    ) -> int:
        number = len(opening.epochs)
        if number >= EPOCHS:
            raise EpochsSpent()
        signing = _reconciled(signing, opening)
        # Longer by one when a rotation was cut off before its last file: that seed is published.
        if len(signing.epochs) == number:
            signing = _with_epoch(signing, Epoch(number, at), self._entropy(MASTER_BYTES))
            self._write(signing, passphrases.signing)
        self._publish(signing)
        opening = _with_epoch(opening, Epoch(number, at), self._entropy(MASTER_BYTES))
        self._write(opening, passphrases.opening)
        return number

    def _publish(self, signing: KeyFile) -> None:
        keys = Signer(signing.secrets).public_keys().to_jwks()
        files.write(self.directory / PUBLIC, keys, files.PUBLIC)

    def _write(self, file: KeyFile, passphrase: str) -> None:
        document = file.encrypt(
            passphrase, salt=self._entropy(SALT_BYTES), nonce=self._entropy(NONCE_BYTES)
        )
        name = OPENING if file.kind == "opening" else SIGNING
        files.write(self.directory / name, document, files.SECRET)

    def _only_writer(self) -> Any:
        if not self.directory.is_dir():
            raise NoKeyStore(path=str(self.directory), why="is not there")
        return files.only_writer(self.directory)

    def _look(self, kind: KeyKind) -> KeyFile:
        return self._broken(kind, lambda document: KeyFile.inspect(document, kind))

    def _unlock(self, kind: KeyKind, passphrase: str) -> KeyFile:
        file = self._broken(kind, lambda document: KeyFile.decrypt(document, kind, passphrase))
        if file.demo:
            _log.warning("demo-key", message=str(DemoKey(str(self.directory))), kind=kind)
        return file

    def _broken(self, kind: KeyKind, read: Callable[[Any], KeyFile]) -> KeyFile:
        name = OPENING if kind == "opening" else SIGNING
        try:
            return read(self._read(name))
        except MalformedKeyFile as error:
            raise NoKeyStore(path=str(self.directory / name), why=f"is {error}") from error

    def _read(self, name: str) -> Any:
        path = self.directory / name
        try:
            return json.loads(path.read_bytes())
        except OSError as error:
            raise NoKeyStore(path=str(path), why=f"can not be read ({error.strerror})") from error
        except ValueError as error:
            raise NoKeyStore(path=str(path), why="is not JSON") from error


def _with_epoch(file: KeyFile, epoch: Epoch, secret: bytes) -> KeyFile:
    return replace(
        file, epochs=(*file.epochs, epoch), secrets={**file.secrets, epoch.epoch: secret}
    )


def _retired(file: KeyFile, number: int, at: int) -> KeyFile:
    epochs = tuple(
        replace(epoch, retired_at=epoch.retired_at or at) if epoch.epoch == number else epoch
        for epoch in file.epochs
    )
    secrets = {epoch: secret for epoch, secret in file.secrets.items() if epoch != number}
    return replace(file, epochs=epochs, secrets=secrets)


def _reconciled(signing: KeyFile, opening: KeyFile) -> KeyFile:
    """The signing file without the secrets of epochs that the opening file says are retired."""
    for epoch in opening.epochs:
        if epoch.retired_at is not None and epoch.epoch in signing.active_epochs:
            signing = _retired(signing, epoch.epoch, epoch.retired_at)
    return signing


def _check_passphrases(passphrases: Passphrases, demo: bool) -> None:
    if demo:
        if passphrases != DEMO_PASSPHRASES:
            raise WeakPassphrase(kind="demo", why="must be the one that everybody knows")
        return
    for kind, passphrase in (("opening", passphrases.opening), ("signing", passphrases.signing)):
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise WeakPassphrase(kind=kind, why=f"has under {SHORTEST_PASSPHRASE} characters")
        if passphrase in (DEMO_OPENING_PASSPHRASE, DEMO_SIGNING_PASSPHRASE):
            raise WeakPassphrase(kind=kind, why="is the demo's, which everybody knows")
    if passphrases.opening == passphrases.signing:
        raise WeakPassphrase(kind="signing", why="is that of the opening keys too")


def _now() -> int:
    return time.time_ns() // 1_000_000
