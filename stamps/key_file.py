"""Key files: the secrets of the epochs at rest, with their purpose and age.

Four files have this form, each with a passphrase of its own:

=============  ==============================================  ============================
file           secret of each epoch                            who holds it
=============  ==============================================  ============================
masters.json   the master (32 bytes)                           the issuer
signing.json   the seed of the Ed25519 key (32)                the issuer
opening.json   the tag key and the mask key (16 + 16)          issuer, resolver, recorder
claims.json    the PIN key (16)                                issuer, claim service
=============  ==============================================  ============================

::

    {"format": "veritem keys v2", "kind": "opening", "demo": false,
     "epochs": [{"epoch": 0, "created_at": 1767225600000, "retired_at": null}, …],
     "secrets": {…envelope of stamps.envelope…}}

The envelope holds one secret for each epoch that is not retired, in the order of the list. The
plain part is bound to the envelope as associated data: a file with an edited list, or without the
mark of a demo key, cannot be decrypted. A retired epoch's secret is erased; its number is not used
again.

In the form v1 `opening.json` had the masters, and there were no other files but `signing.json`. It
is refused (`OldKeyFile`) everywhere but in `issuer.key_upgrade`.

The module is not in `issuer` because the resolver reads `opening.json` and must not load code that
can sign.

>>> file = KeyFile("opening", (Epoch(0, created_at=0),), {0: bytes(32)})
>>> document = file.encrypt("a long passphrase", salt=bytes(16), nonce=bytes(12))
>>> KeyFile.decrypt(document, "opening", "a long passphrase").build_ring().newest
0
>>> KeyFile.decrypt(document, "signing", "a long passphrase")
Traceback (most recent call last):
    ...
stamps.key_file.MalformedKeyFile: not a signing.json: its kind is 'opening'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from stamps import envelope
from stamps.code import EPOCHS
from stamps.errors import VeritemError, WrongPassphrase
from stamps.key_derivation import KEY_BYTES, MASTER_BYTES, derive_key
from stamps.key_ring import EpochKeys, KeyRing
from stamps.pin_ring import PinRing

FORMAT: Final = "veritem keys v2"
OLD_FORMAT: Final = "veritem keys v1"
KeyKind = Literal["masters", "opening", "claims", "signing"]

_SECRET_BYTES: Final[Mapping[KeyKind, int]] = {
    "masters": MASTER_BYTES,
    "opening": 2 * KEY_BYTES,
    "claims": KEY_BYTES,
    "signing": 32,
}

DEMO_PASSPHRASES: Final[Mapping[KeyKind, str]] = {
    "masters": "veritem demo master keys",
    "opening": "veritem demo opening keys",
    "claims": "veritem demo claim keys",
    "signing": "veritem demo signing keys",
}
"""Published here, so they protect nothing."""
DEMO_WARNING: Final = (
    "DEMO KEYS: everybody knows their passphrases; stamps sealed with them prove nothing."
    " Never print them."
)


class MalformedKeyFile(VeritemError):
    """The file is not a key file, or not one of this kind."""

    code = "malformed-keys"
    message = "not a {kind}.json: {why}"


class OldKeyFile(VeritemError):
    """The file has the form of an earlier version, in which `opening.json` had the masters."""

    code = "old-key-file"
    message = (
        "{kind}.json has the form of an earlier version; run `veritem keys upgrade` where the keys"
        " are issued, and copy the new files to the services"
    )


@dataclass(frozen=True)
class Epoch:
    """An epoch; times in milliseconds, `retired_at` None while its codes open."""

    epoch: int
    created_at: int
    retired_at: int | None = None


@dataclass(frozen=True)
class KeyFile:
    """A key file: decrypted, with its `secrets` by epoch, or only inspected, without them."""

    kind: KeyKind
    epochs: tuple[Epoch, ...] = ()
    secrets: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    demo: bool = False
    form: str = FORMAT

    @property
    def active_epochs(self) -> tuple[int, ...]:
        """The epochs that are not retired, oldest first."""
        return tuple(epoch.epoch for epoch in self.epochs if epoch.retired_at is None)

    @property
    def warning(self) -> str | None:
        """The warning to show to whoever uses the file; None unless it has demo keys."""
        return DEMO_WARNING if self.demo else None

    def derive_opening(self) -> "KeyFile":
        """Return the opening file of a decrypted file of masters, with the same epochs."""
        keys = {
            e: derive_key(e, master, "tag") + derive_key(e, master, "mask")
            for e, master in self.secrets.items()
        }
        return replace(self, kind="opening", secrets=keys)

    def derive_claims(self) -> "KeyFile":
        """Return the claims file of a decrypted file of masters, with the same epochs."""
        keys = {e: derive_key(e, master, "pin") for e, master in self.secrets.items()}
        return replace(self, kind="claims", secrets=keys)

    def build_ring(self) -> KeyRing:
        """Return the key ring of a decrypted opening file."""
        return KeyRing(
            EpochKeys(epoch, keys[:KEY_BYTES], keys[KEY_BYTES:])
            for epoch, keys in self.secrets.items()
        )

    def build_pin_ring(self) -> PinRing:
        """Return the PIN ring of a decrypted claims file."""
        return PinRing(self.secrets)

    def encrypt(self, passphrase: str, *, salt: bytes, nonce: bytes) -> dict[str, Any]:
        """Return the JSON document; salt (16 bytes) and nonce (12) must be fresh and random."""
        secret = b"".join(self.secrets[epoch] for epoch in self.active_epochs)
        locked = envelope.encrypt_secret(
            secret, passphrase, self.bind_purpose(), salt=salt, nonce=nonce
        )
        del locked["purpose"]  # it repeats the plain part
        return {**self._plain(), "secrets": locked}

    @classmethod
    def inspect(cls, document: object, kind: KeyKind, form: str = FORMAT) -> "KeyFile":
        """Read the plain part, which is not authenticated until the file is decrypted.

        Raises:
            OldKeyFile: it has the form of an earlier version.
            MalformedKeyFile: another format or kind, or epochs that cannot be.
        """
        if not isinstance(document, Mapping):
            raise MalformedKeyFile(kind=kind, why="it is no JSON object")
        if document.get("format") == OLD_FORMAT and form != OLD_FORMAT:
            raise OldKeyFile(kind=kind)
        if document.get("format") != form:
            raise MalformedKeyFile(kind=kind, why=f"its format is not {form!r}")
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
        return cls(kind, epochs, {}, demo, form)

    @classmethod
    def decrypt(
        cls, document: object, kind: KeyKind, passphrase: str, form: str = FORMAT
    ) -> "KeyFile":
        """Decrypt a key file.

        Raises:
            OldKeyFile: it has the form of an earlier version.
            MalformedKeyFile: it is not a key file of this kind.
            WrongPassphrase: the passphrase is another, or the file was altered.
        """
        file = cls.inspect(document, kind, form)
        locked = document.get("secrets") if isinstance(document, Mapping) else None
        try:
            secret = envelope.decrypt_secret(locked or {}, passphrase, file.bind_purpose())
        except WrongPassphrase:
            raise WrongPassphrase(what=f"{kind}.json (or it was altered)") from None
        size = _SECRET_BYTES[kind]
        if len(secret) != size * len(file.active_epochs):
            raise MalformedKeyFile(kind=kind, why="it has not one secret for each epoch")
        parts = [secret[at : at + size] for at in range(0, len(secret), size)]
        return replace(file, secrets=dict(zip(file.active_epochs, parts, strict=True)))

    def _plain(self) -> dict[str, Any]:
        epochs = [
            {"epoch": e.epoch, "created_at": e.created_at, "retired_at": e.retired_at}
            for e in self.epochs
        ]
        return {"format": self.form, "kind": self.kind, "demo": self.demo, "epochs": epochs}

    def bind_purpose(self) -> str:
        """Return the plain part as text, which the envelope authenticates with the secrets."""
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":"))
