"""Events: true encounters of a person with a stamp or its picture, as rows of one numpy table.

`phones.py` derives the server's view: a cookie, an address, a rounded and sometimes wrong place.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR, DAY = 3600.0, 86400.0

Table = NDArray[np.void]

EVENT = np.dtype(
    [
        ("stamp", "i8"),  # index among the active stamps
        ("item", "i4"),  # 0 the genuine item, 1… copies, -1 no item (a photo, a link, a rival)
        ("person", "i8"),  # the true person or bot
        ("repeat", "i2"),  # earlier scans of this stamp by this person
        ("at", "f8"),  # true time, seconds from the start
        ("lat", "f8"),
        ("lon", "f8"),
        ("province", "i2"),  # index, -1 abroad
        ("country", "i1"),
        ("site", "i8"),  # Wi-Fi network, 0 for none
        ("home", "?"),  # the Wi-Fi is the household's
        ("via", "i1"),
        ("agent", "i1"),  # kind of user agent
        ("forged", "?"),  # the place is spoofed, and always given
        ("labels", "u4"),
    ]
)

ITEM = np.dtype(
    [
        ("stamp", "i8"),
        ("item", "i4"),
        ("shop", "i8"),
        ("lat", "f8"),
        ("lon", "f8"),
        ("province", "i2"),
        ("country", "i1"),
        ("arrive", "f8"),  # on the shelf, seconds from the start
        ("sold", "f8"),
        ("keeps", "?"),  # the produce is eaten over weeks
        ("labels", "u4"),
    ]
)

PAGE, APP, INSPECTOR, VISIT = range(4)
VIAS = ("page", "app", "inspector", "visit")

# Kinds of user agent; the strings are in `phones.py`.
PHONE, CHAT, FEED, BOT, HEADLESS, PREVIEW, DESKTOP = range(7)

TROUBLES = (
    "rescan", "net_switch", "cookie_loss", "carrier_nat", "shared_wifi", "vpn", "preview",
    "preview_script", "crawler", "unconfirmed", "shelf", "sample", "family", "gift",
    "shared_link", "viral", "reviewer", "clock_skew", "late_upload", "packer_test", "wrong_fix",
    "inspector", "reseller", "export", "diverted", "poisoned",
)  # fmt: skip
"""Bits of the benign troubles and of poisoning, the one attack on genuine stamps."""

BIT = {name: 1 << i for i, name in enumerate(TROUBLES)}

BY_ATTACKER = 1 << 31
"""Bit of a scan or visit that an attacker sends (`simulation/attackers.py`); no trouble."""


def make_table(dtype: np.dtype[np.void], size: int, **columns: Any) -> Table:
    """Return `size` rows with the given columns; the others are zero."""
    rows = np.zeros(size, dtype)
    for name, values in columns.items():
        rows[name] = values
    return rows


def join_tables(parts: Sequence[Table], dtype: np.dtype[np.void] = EVENT) -> Table:
    """Concatenate tables."""
    return np.concatenate(list(parts)) if parts else np.zeros(0, dtype)


class Census:
    """Numbers people, sites and bots, so that each keeps one number in the whole world."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def allocate(self, size: int) -> NDArray[np.int64]:
        """Return `size` unused numbers."""
        first, self._next = self._next, self._next + size
        return np.arange(first, first + size)
