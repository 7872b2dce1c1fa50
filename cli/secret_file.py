"""Secret of a service: created at its first start, stored in a file beside the keys.

The resolver derives tokens and pseudonyms from its secret, the desk its sessions. A new secret
makes every device unknown and signs everybody out.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.output import CommandRefused
from ledger.private_file import narrow_mode

SIZE: Final = 32


def load_secret(path: Path) -> bytes:
    """The secret of 32 bytes in a file, which is created if it is missing.

    It is written to another file and linked into place, so of two processes that start together
    one creates it and both read the same.

    Raises:
        CommandRefused: the file holds something else.
    """
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)
        unfinished.unlink()
    narrow_mode(path)
    secret = path.read_bytes()
    if len(secret) != SIZE:
        why = f"{path} does not hold a secret of {SIZE} bytes; remove it to have one created"
        raise CommandRefused(why=why)
    return secret
