"""Secret of a service: created at its first start, stored in a private file.

The resolver derives tokens and pseudonyms from its secret, the desk its sessions. A new secret
makes every device unknown and signs everybody out.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.output import CommandRefused
from ledger.storage.private_file import narrow_mode

SIZE: Final = 32


def load_secret(path: Path) -> bytes:
    """The secret of 32 bytes in a file, which is created if it is missing.

    Raises:
        CommandRefused: the file holds something else.
    """
    create_once(path, lambda: secrets.token_bytes(SIZE))
    narrow_mode(path)
    secret = path.read_bytes()
    if len(secret) != SIZE:
        why = f"{path} does not hold a secret of {SIZE} bytes; remove it to have one created"
        raise CommandRefused(why=why)
    return secret


def create_once(path: Path, make: Callable[[], bytes]) -> None:
    """Create a private file with the content of `make`, unless there is one.

    It is written to another file and linked into place, so of two processes that start together
    one creates it and both read the same, and a process that is killed leaves no half of it.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = _write_beside(path, make())
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)
        unfinished.unlink()


def replace_private(path: Path, content: bytes) -> None:
    """Replace the content of a private file: after a crash it holds the old or the new."""
    _write_beside(path, content).replace(path)


def _write_beside(path: Path, content: bytes) -> Path:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return unfinished
