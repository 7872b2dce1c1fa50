"""What the pages of imports share: the file that was sent, and the lines that are refused."""

from collections.abc import Callable, Sequence
from typing import Final

from services.code_imports import RefusedLine
from web.i18n import Texts
from web.spreadsheets import LARGEST_FILE

MOST_ROWS: Final = 200
"""Lines that a page shows; the counts tell of the others."""
UPLOAD_BYTES: Final = LARGEST_FILE + 65_536
"""The largest file with the form around it."""
MOST_MB: Final = LARGEST_FILE // 2**20


def describe_refused(
    lines: Sequence[RefusedLine], label: Callable[[str], str], texts: Texts
) -> list[tuple[RefusedLine, list[tuple[str, str]]]]:
    """The first refused lines, each with label and reason of its fields at fault."""
    return [
        (
            line,
            [
                (label(name), texts(f"code_flaw.{flaw.reason}", **flaw.values))
                for name, flaw in line.flaws.items()
            ],
        )
        for line in lines[:MOST_ROWS]
    ]
