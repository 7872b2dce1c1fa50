"""The desk's own secrets: what signs sessions, what seals one-time codes and secrets of webhooks.

They are not among the keys, because a resolver reads that folder. `otp.keys` holds one key a line,
32 bytes in base64url, the newest first (`ledger.accounts.otp_secrets`).
"""

import base64
import binascii
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.output import CommandRefused
from cli.secret_file import create_once, load_secret, replace_private
from cli.settings import Settings
from ledger.storage.private_file import narrow_mode
from ledger.storage.secret_seal import KEY_BYTES, LoadKeys

SESSION_SECRET: Final = "desk.secret"  # noqa: S105 - the name of a file
OTP_KEYS: Final = "otp.keys"
WEBHOOK_KEYS: Final = "webhooks.keys"


def load_session_secret(settings: Settings) -> bytes:
    """Return the secret that signs sessions; an older one beside the keys is moved.

    Raises:
        CommandRefused: the file cannot be moved, or holds something else.
    """
    path, before = settings.desk.secrets / SESSION_SECRET, settings.keys.directory / SESSION_SECRET
    if before.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            before.unlink() if path.exists() else before.rename(path)
        except OSError as error:
            why = f"move {before}, which a resolver can read, to {path}: {error.strerror}"
            raise CommandRefused(why=why) from error
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return load_secret(path)


def choose_otp_keys(settings: Settings) -> LoadKeys:
    """The keys of one-time codes: those in the environment, else those in the desk's folder.

    Raises:
        CommandRefused: the setting is malformed. What is returned raises it for the file.
    """
    given = settings.desk.secrets_key.get_secret_value()
    if given:
        keys = parse_keys(given, "desk.secrets_key")
        return lambda: keys
    return lambda: load_key_file(settings.desk.secrets / OTP_KEYS)


def choose_webhook_keys(settings: Settings) -> LoadKeys:
    """The keys of webhooks: those in the environment, else those in the notices' folder.

    Raises:
        CommandRefused: the setting is malformed. What is returned raises it for the file.
    """
    given = settings.notices.secrets_key.get_secret_value()
    if given:
        keys = parse_keys(given, "notices.secrets_key")
        return lambda: keys
    return lambda: load_key_file(settings.notices.secrets / WEBHOOK_KEYS)


def load_key_file(path: Path) -> Sequence[bytes]:
    """The keys in a file, which is created with a new one if it is missing."""
    create_once(path, lambda: format_keys([secrets.token_bytes(KEY_BYTES)]))
    narrow_mode(path)
    return parse_keys(path.read_text("ascii", errors="replace"), str(path))


def add_key(path: Path) -> None:
    """Put a new key before the others in a file."""
    replace_private(path, format_keys([secrets.token_bytes(KEY_BYTES), *load_key_file(path)]))


def drop_old_keys(path: Path) -> None:
    """Remove all keys but the newest from a file."""
    replace_private(path, format_keys(load_key_file(path)[:1]))


def format_keys(keys: Sequence[bytes]) -> bytes:
    """The content of the file with these keys."""
    return b"".join(base64.urlsafe_b64encode(key) + b"\n" for key in keys)


def parse_keys(text: str, source: str) -> Sequence[bytes]:
    """The keys in a text. Raises `CommandRefused`, which shows nothing of them."""
    try:
        keys = [base64.b64decode(word, b"-_", validate=True) for word in text.split()]
    except (binascii.Error, ValueError):
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        why = f"{source} does not hold keys of {KEY_BYTES} bytes in base64url"
        raise CommandRefused(why=why)
    return keys
