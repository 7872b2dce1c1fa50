"""The key that signs chain heads: `heads.json`, encrypted, and `public.json` beside it.

It has a folder and a passphrase of its own, so that it can lie where the database's owner has no
access. The newest seed signs; heads that older ones signed stay verifiable::

    {"format": "veritem head keys v1", "ledger": "veritem.vn/ledger-1f3a9c02",
     "keys": [{"created_at": 1767225600000}, …], "secrets": {…envelope of stamps.envelope…}}

The plain part is bound to the secrets as associated data. `public.json` is a JWK set whose keys
have the use `veritem-heads`. It is written first: a store whose `heads.json` is there is complete.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuer import files
from issuer.heads.state import STATE, SignerState
from issuer.keystore import SHORTEST_PASSPHRASE, WeakPassphrase
from ledger.audit.head_statement import HeadKeys, HeadStatement, SignedHead
from ledger.storage.private_file import narrow_mode
from stamps.envelope import NONCE_BYTES, SALT_BYTES, decrypt_secret, encrypt_secret
from stamps.errors import VeritemError, WrongPassphrase
from stamps.signed_note import NoteKey, SignedNote

FORMAT: Final = "veritem head keys v1"
SECRET, PUBLIC = "heads.json", "public.json"
SEED_BYTES: Final = 32


class NoHeadKey(VeritemError):
    """There is no key of chain heads in the folder, or its file is unreadable."""

    code = "no-head-key"
    message = "no key of chain heads: {path} {why}"


class HeadKeyExists(VeritemError):
    """There is a key of chain heads already, which is never overwritten."""

    code = "head-key-exists"
    message = "there is a key of chain heads in {directory} already"


class HeadKey:
    """The keys of one ledger's heads; the newest signs."""

    def __init__(self, ledger: str, seeds: list[bytes]) -> None:
        self.ledger = ledger
        """The name of the ledger in its statements."""
        self._newest = Ed25519PrivateKey.from_private_bytes(seeds[-1])
        self._public = [NoteKey(ledger, _public(seed)) for seed in seeds]

    def public_keys(self) -> HeadKeys:
        """Return the public keys, oldest first."""
        return HeadKeys(self._public)

    def sign(self, statement: HeadStatement) -> SignedHead:
        """Sign a statement of this key's ledger. Only `HeadSigner` knows that it is true."""
        text, key = statement.format(), self._public[-1]
        signature = (key.name, key.id, self._newest.sign(text.encode()))
        return SignedHead(statement, SignedNote(text, (signature,)))


class HeadKeyStore:
    """The folder of a head key."""

    def __init__(self, directory: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self.directory = directory
        self._entropy = entropy

    def create(self, ledger: str, passphrase: str, at: int) -> HeadKey:
        """Create the first key of a ledger with this name, and the signer's empty state.

        Raises:
            HeadKeyExists: there is one.
            WeakPassphrase: it is too short.
            MalformedNote: the name has blanks, a plus or letters beyond ASCII.
            KeyStoreBusy: another process is changing the folder.
        """
        if len(passphrase) < SHORTEST_PASSPHRASE:
            why = f"has under {SHORTEST_PASSPHRASE} characters"
            raise WeakPassphrase(kind="chain head", why=why)
        NoteKey(ledger, bytes(32))
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with files.lock_directory(self.directory):
            if (self.directory / SECRET).exists():
                raise HeadKeyExists(directory=str(self.directory))
            # What a crashed creation left was never used: `heads.json` is written last.
            (self.directory / STATE).unlink(missing_ok=True)
            SignerState.create(self.directory)
            return self._write(ledger, [self._entropy(SEED_BYTES)], [at], passphrase)

    def rotate(self, passphrase: str, at: int) -> HeadKey:
        """Add a key, which signs from now on.

        Raises:
            NoHeadKey, WrongPassphrase, KeyStoreBusy: nothing was changed.
        """
        with files.lock_directory(self._existing()):
            ledger, seeds, times = self._decrypt(passphrase)
            seeds, times = [*seeds, self._entropy(SEED_BYTES)], [*times, at]
            return self._write(ledger, seeds, times, passphrase)

    def open(self, passphrase: str) -> HeadKey:
        """Decrypt the key.

        Raises:
            NoHeadKey: the file is missing or unreadable.
            WrongPassphrase: another passphrase, or the file was altered.
        """
        ledger, seeds, _ = self._decrypt(passphrase)
        return HeadKey(ledger, seeds)

    def _write(self, ledger: str, seeds: list[bytes], times: list[int], passphrase: str) -> HeadKey:
        key = HeadKey(ledger, seeds)
        plain = {"format": FORMAT, "ledger": ledger, "keys": [{"created_at": at} for at in times]}
        locked = encrypt_secret(
            b"".join(seeds),
            passphrase,
            _bind(plain),
            salt=self._entropy(SALT_BYTES),
            nonce=self._entropy(NONCE_BYTES),
        )
        del locked["purpose"]  # it repeats the plain part
        files.write_json(self.directory / PUBLIC, key.public_keys().to_jwks(), files.PUBLIC)
        files.write_json(self.directory / SECRET, {**plain, "secrets": locked}, files.SECRET)
        return key

    def _decrypt(self, passphrase: str) -> tuple[str, list[bytes], list[int]]:
        path = self._existing() / SECRET
        narrow_mode(path)
        try:
            document = json.loads(path.read_bytes())
            plain = {name: document[name] for name in ("format", "ledger", "keys")}
            times, locked = [key["created_at"] for key in plain["keys"]], document["secrets"]
        except OSError as error:
            raise NoHeadKey(path=str(path), why=f"cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise NoHeadKey(path=str(path), why="is not a key file") from error
        if plain["format"] != FORMAT:
            raise NoHeadKey(path=str(path), why=f"is not of the format {FORMAT!r}")
        try:
            secret = decrypt_secret(locked, passphrase, _bind(plain))
        except WrongPassphrase:
            what = "the key of chain heads (or it was altered)"
            raise WrongPassphrase(what=what) from None
        seeds = [secret[at : at + SEED_BYTES] for at in range(0, len(secret), SEED_BYTES)]
        return plain["ledger"], seeds, times

    def _existing(self) -> Path:
        if not self.directory.is_dir():
            path, why = str(self.directory), "is not there; `veritem heads key create` makes one"
            raise NoHeadKey(path=path, why=why)
        return self.directory


def _bind(plain: dict[str, Any]) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
