"""Files that commands write where `--out` says: whole or not at all, for their owner alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cli.output import CommandRefused
from printing.bundles.files import open_atomically, write_atomically


def write_output_file(path: Path, content: bytes) -> None:
    """Write a file, or write into what is no file (a pipe, `/dev/stdout`).

    Raises:
        CommandRefused: it cannot be written.
    """
    target = path.resolve()  # the target of a link is replaced, not the link
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            write_atomically(target, [content])
    except OSError as error:
        raise CommandRefused(why=f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def open_output_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is written as a whole when the block ends, and not if it fails.

    Raises:
        CommandRefused: it cannot be written.
    """
    try:
        with open_atomically(path.resolve()) as file:
            yield file
    except OSError as error:
        raise CommandRefused(why=f"{path} cannot be written: {error.strerror}") from error
