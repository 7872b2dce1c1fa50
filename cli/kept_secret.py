"""A service's own secret: made at its first start, kept in a file beside the keys.

The resolver makes tokens and pseudonyms with one, the desk its sessions: with another, devices
would be strangers and everybody would sign in again at each start.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.output import Refused

BYTES: Final = 32


def kept_secret(path: Path) -> bytes:
    """The secret in a file, made if it is not there; 32 bytes.

    Written aside and linked into place: of two processes that start at once, one makes it.

    Raises:
        Refused: the file holds something else.
    """
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(aside)
        aside.unlink()
    secret = path.read_bytes()
    if len(secret) != BYTES:
        raise Refused(why=f"{path} is not a secret of {BYTES} bytes; remove it to have one made")
    return secret
