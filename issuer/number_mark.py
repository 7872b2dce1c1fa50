"""Number mark: the highest batch number that the keys of a store were used for.

A stamp's code is computed from batch number, index and key. A ledger that is restored from an old
copy would issue batch numbers a second time, and with them codes that are on printed stamps. The
mark prevents this: it lies beside the keys, in `numbers.json`, and a restore of the ledger leaves
it as it is.

A number is written and synced here before its batch is in the ledger. A crash between the two
wastes one of 16 million numbers. The chain heads that were pushed name the highest number too. A
lost mark is made again from them, and they reveal a key store that was restored with the ledger.
"""

import json
from pathlib import Path
from typing import Final

from issuer import files
from stamps.errors import VeritemError

FORMAT: Final = "veritem batch numbers v1"
MARK: Final = "numbers.json"


class NoNumberMark(VeritemError):
    """The mark is missing or unreadable, and the ledger has batches."""

    code = "no-number-mark"
    message = (
        "it is not known which batch numbers were used: {path} {why};"
        " `veritem keys numbers` makes it again"
    )


class NumberMark:
    """The mark of the key store in a directory.

    `pushed` is the highest number in the chain heads that this machine knows; 0: none.
    """

    def __init__(self, directory: Path, pushed: int = 0) -> None:
        self.directory = directory
        self.path = directory / MARK
        self._pushed = pushed

    def load(self) -> int | None:
        """Return the highest number that was used; None without a file. Raises `NoNumberMark`."""
        try:
            document = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            why = f"cannot be read ({error.strerror})"
            raise NoNumberMark(path=str(self.path), why=why) from error
        except ValueError as error:
            raise NoNumberMark(path=str(self.path), why="is not JSON") from error
        match document:
            case {"format": str(form), "highest": int(highest)} if form == FORMAT and highest >= 0:
                return highest
        raise NoNumberMark(path=str(self.path), why="is not a mark")

    def reserve(self, in_ledger: int) -> int:
        """Return the next number, which is never returned again; `in_ledger` is the ledger's last.

        Raises:
            NoNumberMark: nothing was reserved.
            KeyStoreBusy: another process is changing the key store.
            OSError: the mark cannot be written; nothing was reserved.
        """
        with files.lock_directory(self.directory):
            used = self.load()
            if used is None and in_ledger:
                why = f"is missing, and the ledger has batch {in_ledger}"
                raise NoNumberMark(path=str(self.path), why=why)
            number = 1 + max(used or 0, in_ledger, self._pushed)
            self._write(number)
            return number

    def raise_to(self, number: int) -> int:
        """Make the mark at least `number`, also where it is missing or unreadable; return it.

        Raises `KeyStoreBusy`, `OSError`.
        """
        with files.lock_directory(self.directory):
            try:
                used = self.load() or 0
            except NoNumberMark:
                used = 0
            highest = max(used, number)
            self._write(highest)
            return highest

    def _write(self, highest: int) -> None:
        files.write_json(self.path, {"format": FORMAT, "highest": highest}, files.SECRET)
