"""A scan as the judge sees it: when, by which device, from which network, and perhaps where.

Nothing here names a person: the device is a first-party pseudonym, device and network are keyed
hashes that the door makes and rotates, and a place is there only if the person chose to give it.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from stamps.place import Place


class Via(StrEnum):
    """How a scan came in, from the most to the least that can be believed of it."""

    INSPECTOR = "inspector"
    APP = "app"
    PAGE = "page"
    VISIT = "visit"  # somebody, or something, opened the page: never evidence


class Sighting(NamedTuple):
    """One scan of one stamp.

    `at` is in milliseconds since the Unix epoch, UTC; `device` and `net` are keyed hashes of at
    most 64 bits; `country` is ISO 3166-1 alpha-2, from the network address; `province` is the
    two-digit code ("01" to "96") of the place, when one was given; `chat` says that the page was
    opened in a chat app's own browser (`opened_in_chat`).
    """

    at: int
    device: int | None = None
    net: int | None = None
    place: Place | None = None
    country: str | None = None
    via: Via = Via.PAGE
    province: str | None = None
    chat: bool = False


def opened_in_chat(user_agent: str) -> bool:
    """Whether a page was opened in a chat app's own browser.

    Such a browser opens the links that friends send, and also what the app's scanner reads: a
    scan from it may be made where the stamp is not.

    >>> opened_in_chat("Mozilla/5.0 (iPhone) Mobile/15E148 Zalo iOS/640 ZaloTheme/light")
    True
    """
    return _CHATS.search(user_agent) is not None


# Zalo; Facebook and Messenger; WeChat; Line; KakaoTalk; Viber; Telegram; Instagram; TikTok; …
_CHATS = re.compile(
    r"Zalo|FBA[NV]/|FB_IAB|FBIOS|MicroMessenger|\bLine/|KAKAOTALK|Viber|Telegram|Instagram"
    r"|WhatsApp|musical_ly|BytedanceWebview|Snapchat"
)
