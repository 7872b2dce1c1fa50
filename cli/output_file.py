"""Files that commands write where `--out` says: whole or not at all, for their owner alone."""

from pathlib import Path

from cli.output import CommandRefused
from printing import write_atomically


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
