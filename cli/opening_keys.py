"""Keys that a process without signing code may open: none of them signs."""

from dataclasses import dataclass
from pathlib import Path

import orjson
from pydantic import SecretStr

from cli.output import CommandRefused
from cli.settings import Settings
from ledger.audit.head_statement import HeadKeys
from ledger.storage.private_file import narrow_mode
from stamps.key_file import DEMO_PASSPHRASES, KeyFile, KeyKind
from stamps.key_ring import KeyRing
from stamps.pin_ring import PinRing
from stamps.signature import PublicKeys
from web.text_files import convert_to_utf8


@dataclass(frozen=True)
class OpeningKeys:
    """The keys of a scan service."""

    ring: KeyRing
    public: PublicKeys
    is_demo: bool


def load_opening_keys(settings: Settings) -> OpeningKeys:
    """Decrypt `opening.json` and read the public keys.

    Raises:
        CommandRefused: a file is missing or unreadable.
        VeritemError: the file has the form of an earlier version, or the passphrase does not
            decrypt it.
    """
    file = _decrypt(settings, "opening", settings.keys.opening_passphrase)
    return OpeningKeys(file.build_ring(), load_public_keys(settings), file.demo)


def load_claim_keys(settings: Settings) -> PinRing:
    """Decrypt `claims.json`. Raises as `load_opening_keys` does."""
    return _decrypt(settings, "claims", settings.keys.claims_passphrase).build_pin_ring()


def _decrypt(settings: Settings, kind: KeyKind, given: SecretStr) -> KeyFile:
    path = settings.keys.directory / f"{kind}.json"
    narrow_mode(path)
    document = read_json_object(path)
    passphrase = given.get_secret_value()
    if not passphrase and KeyFile.inspect(document, kind).demo:
        passphrase = DEMO_PASSPHRASES[kind]
    return KeyFile.decrypt(document, kind, passphrase)


def load_public_keys(settings: Settings) -> PublicKeys:
    """Read the public keys, and those of chain heads if they are here; no passphrase is needed.

    Raises:
        CommandRefused: a file is missing or unreadable.
        BadSignature: it is no key set.
        MalformedNote: the keys of chain heads are no key set.
    """
    keys = PublicKeys.from_jwks(read_json_object(settings.keys.directory / "public.json"))
    heads = settings.heads.public_keys
    if not heads.exists():
        return keys
    return keys.add_others(HeadKeys.from_jwks(read_json_object(heads)).to_jwks()["keys"])


def read_json_object(path: Path) -> dict[str, object]:
    """Read a JSON object from a file. Raises `CommandRefused`."""
    try:
        document = orjson.loads(convert_to_utf8(path.read_bytes()))
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}; see `veritem init`"
        raise CommandRefused(why=why) from error
    except orjson.JSONDecodeError as error:
        raise CommandRefused(why=f"{path} is not JSON") from error
    if not isinstance(document, dict):
        raise CommandRefused(why=f"{path} is not a JSON object")
    return document
