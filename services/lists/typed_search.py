"""Parser of the search box of a list: numbers of orders and batches, words."""

import re
from typing import Final

from stamps.typed_number import LONGEST_NUMBER
from stamps.typed_text import normalize_typed_text
from web.plain_letters import to_ascii

_ORDER_NUMBER: Final = re.compile(
    r"(?:(?:don|order|dh|po|no|so)\.?|订单|№|#)*[ #:]*(?:(20[0-9]{2})[-/. ])?([0-9]{1,7})"
)
_BATCH_NUMBER: Final = re.compile(
    r"(?:(?:dot(?: tem)?|batch|no)\.?|标签批次|批次|#)*[ #:]*([0-9]{1,8})"
)


def parse_order_number(text: str) -> tuple[int | None, int] | None:
    """Year, if one is named, and place in the year; None where no order is named.

    >>> [parse_order_number(text) for text in ("17", "2026-17", "Đơn 2026-00017", "订单 #17")]
    [(None, 17), (2026, 17), (2026, 17), (None, 17)]
    >>> parse_order_number("Ri6")
    """
    found = _ORDER_NUMBER.fullmatch(_fold(text))
    if found is None:
        return None
    year, serial = found.groups()
    return (int(year) if year else None), int(serial)


def parse_batch_number(text: str) -> int | None:
    """The number of a batch; None where none is named.

    >>> [parse_batch_number(text) for text in ("17", "Đợt 17", "Đợt tem 017", "batch #17", "x")]
    [17, 17, 17, 17, None]
    """
    found = _BATCH_NUMBER.fullmatch(_fold(text))
    return None if found is None else int(found[1])


def is_row_number(text: str) -> bool:
    """Whether a text is the number of a row, such as a proposal.

    >>> [is_row_number(text) for text in ("17", "-1", "1.5", "１７", "")]
    [True, False, False, False, False]
    """
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def _fold(text: str) -> str:
    return to_ascii(normalize_typed_text(text)).lower().strip()
