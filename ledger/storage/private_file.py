"""Private files: readable and writable by their owner alone, whatever the umask.

Ledgers, copies of them, keys and secrets of services are private. A file that exists with a wider
mode is narrowed when it is opened. One that belongs to another user is left as it is: its owner
decides.

No function here opens a file that exists: a process that closes any descriptor of an SQLite file
loses its locks on it (fcntl(2)).
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

MODE: Final = 0o600


def create_private_file(path: Path) -> None:
    """Create an empty private file. Raises `FileExistsError` (a link counts), `OSError`."""
    os.mknod(path, stat.S_IFREG | MODE)


def narrow_mode(path: Path) -> None:
    """Take a file's rights from group and others; nothing happens if there is no such file."""
    with suppress(OSError):
        status = path.stat()
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(status.st_mode) & 0o700)
