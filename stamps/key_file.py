"""Key files: the secrets of the epochs at rest, with their purpose and age.

Two files have this form: `opening.json` with the epochs' masters (the issuer and the resolver have
it) and `signing.json` with the seeds of the Ed25519 keys (the issuer alone, another passphrase)::

    {"format": "veritem keys v1", "kind": "opening", "demo": false,
     "epochs": [{"epoch": 0, "created_at": 1767225600000, "retired_at": null}, …],
     "secrets": {…envelope of stamps.envelope…}}

The envelope holds 32 bytes for each epoch that is not retired, in the order of the list. The plain
part is bound to the envelope as associated data: a file with an edited list, or without the mark of
a demo key, can not be decrypted. A retired epoch's secret is erased; its number is not used again.

The module is not in `issuer` because the resolver reads `opening.json` and must not load code that
can sign.

>>> file = KeyFile("opening", (Epoch(0, created_at=0),), {0: bytes(32)})
>>> document = file.encrypt("a long passphrase", salt=bytes(16), nonce=bytes(12))
>>> KeyFile.decrypt(document, "opening", "a long passphrase").build_ring().newest
0
>>> KeyFile.decrypt(document, "signing", "a long passphrase")
Traceback (most recent call last):
    ...
stamps.key_file.MalformedKeyFile: not a file of signing keys: its kind is 'opening'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from stamps import envelope
from stamps.code import EPOCHS
from stamps.errors import VeritemError, WrongPassphrase
from stamps.key_ring import MASTER_BYTES, EpochKeys, KeyRing

FORMAT: Final = "veritem keys v1"
KeyKind = Literal["opening", "signing"]

# Public by being here: they protect nothing.
DEMO_OPENING_PASSPHRASE: Final = "veritem demo opening keys"  # noqa: S105
DEMO_SIGNING_PASSPHRASE: Final = "veritem demo signing keys"  # noqa: S105
DEMO_WARNING: Final = (
    "DEMO KEYS: everybody knows their passphrases; stamps sealed with them prove nothing."
    " Never print them."
)


class MalformedKeyFile(VeritemError):
    """The file is not a key file, or not one of this kind."""

    code = "malformed-keys"
    message = "not a file of {kind} keys: {why}"


@dataclass(frozen=True)
class Epoch:
    """An epoch; times in milliseconds, `retired_at` None while its codes open."""

    epoch: int
    created_at: int
    retired_at: int | None = None


@dataclass(frozen=True)
class KeyFile:
    """A key file: decrypted, with 32-byte `secrets` by epoch, or only inspected, without them."""

    kind: KeyKind
    epochs: tuple[Epoch, ...] = ()
    secrets: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    demo: bool = False

    @property
    def active_epochs(self) -> tuple[int, ...]:
        """The epochs that are not retired, oldest first."""
        return tuple(epoch.epoch for epoch in self.epochs if epoch.retired_at is None)

    @property
    def warning(self) -> str | None:
        """The warning to show to whoever uses the file; None unless it has demo keys."""
        return DEMO_WARNING if self.demo else None

    def build_ring(self) -> KeyRing:
        """Return the key ring of a decrypted opening file."""
        return KeyRing(EpochKeys.derive(epoch, self.secrets[epoch]) for epoch in self.active_epochs)

    def encrypt(self, passphrase: str, *, salt: bytes, nonce: bytes) -> dict[str, Any]:
        """Return the JSON document; salt (16 bytes) and nonce (12) must be fresh and random."""
        secret = b"".join(self.secrets[epoch] for epoch in self.active_epochs)
        locked = envelope.encrypt_secret(
            secret, passphrase, self._purpose(), salt=salt, nonce=nonce
        )
        del locked["purpose"]  # it repeats the plain part
        return {**self._plain(), "secrets": locked}

    @classmethod
    def inspect(cls, document: object, kind: KeyKind) -> "KeyFile":
        """Read the plain part, which is not authenticated until the file is decrypted.

        Raises:
            MalformedKeyFile: another format or kind, or epochs that can not be.
        """
        if not isinstance(document, Mapping) or document.get("format") != FORMAT:
            raise MalformedKeyFile(kind=kind, why=f"its format is not {FORMAT!r}")
        if document.get("kind") != kind:
            raise MalformedKeyFile(kind=kind, why=f"its kind is {document.get('kind')!r}")
        try:
            epochs = tuple(Epoch(**row) for row in document["epochs"])
            demo = document["demo"]
            numbers = [epoch.epoch for epoch in epochs]
            times = [t for e in epochs for t in (e.created_at, e.retired_at or 0)]
            sane = numbers == list(range(len(numbers))) and len(numbers) <= EPOCHS
            sane = sane and all(type(time) is int for time in times)
        except (KeyError, TypeError) as error:
            raise MalformedKeyFile(
                kind=kind, why=f"its list of epochs is broken ({error})"
            ) from None
        if not sane or not isinstance(demo, bool):
            raise MalformedKeyFile(kind=kind, why="its epochs are not 0, 1, 2 … with their times")
        return cls(kind, epochs, {}, demo)

    @classmethod
    def decrypt(cls, document: object, kind: KeyKind, passphrase: str) -> "KeyFile":
        """Decrypt a key file.

        Raises:
            MalformedKeyFile: it is not a key file of this kind.
            WrongPassphrase: the passphrase is another, or the file was altered.
        """
        file = cls.inspect(document, kind)
        locked = document.get("secrets") if isinstance(document, Mapping) else None
        try:
            secret = envelope.decrypt_secret(locked or {}, passphrase, file._purpose())
        except WrongPassphrase:
            raise WrongPassphrase(what=f"the {kind} keys (or they were altered)") from None
        if len(secret) != MASTER_BYTES * len(file.active_epochs):
            raise MalformedKeyFile(kind=kind, why="it has not one secret for each epoch")
        parts = [secret[at : at + MASTER_BYTES] for at in range(0, len(secret), MASTER_BYTES)]
        return replace(file, secrets=dict(zip(file.active_epochs, parts, strict=True)))

    def _plain(self) -> dict[str, Any]:
        epochs = [
            {"epoch": e.epoch, "created_at": e.created_at, "retired_at": e.retired_at}
            for e in self.epochs
        ]
        return {"format": FORMAT, "kind": self.kind, "demo": self.demo, "epochs": epochs}

    def _purpose(self) -> str:
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":"))
