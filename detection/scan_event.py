"""A scan as the judge sees it: when, by which device, from which network, and perhaps where.

Nothing here names a person: the device is a first-party pseudonym, device and network are keyed
hashes that the door makes and rotates, and a place is there only if the person chose to give it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, final

from detection.place import Place


class Via(StrEnum):
    """How a scan came in, from the most to the least that can be believed of it."""

    INSPECTOR = "inspector"
    APP = "app"
    PAGE = "page"
    VISIT = "visit"  # somebody, or something, opened the page: never evidence


class Source(NamedTuple):
    """How far a way of scanning is believed.

    `lives`: whoever scans may hold another item, and counts as a session. `camera`: it surely
    looked at a stamp, where a page may have been opened by a link. `steerable`: its place is no
    better than what a browser says, and may be made up.
    """

    lives: bool
    camera: bool
    steerable: bool


SOURCES: Final[Mapping[Via, Source]] = {
    # An inspector looks at many stamps and holds no life of any: only where it was counts.
    Via.INSPECTOR: Source(lives=False, camera=True, steerable=False),
    Via.APP: Source(lives=True, camera=True, steerable=False),
    Via.PAGE: Source(lives=True, camera=False, steerable=True),
}
"""A visit is no source: it changes nothing."""


@final
@dataclass(slots=True, init=False)
class ScanEvent:
    """One scan of one stamp.

    `at` is in milliseconds since the Unix epoch, UTC; `device` and `net` are keyed hashes of at
    most 64 bits; `country` is ISO 3166-1 alpha-2, from the network address; `province` is the
    two-digit code ("01" to "96") of the place, when one was given; `chat` says that the page was
    opened in a chat app's own browser (`opened_in_chat`), `feed` that it was opened out of a
    social feed (`opened_in_feed`).
    """

    at: Final[int]
    device: Final[int | None]
    net: Final[int | None]
    place: Final[Place | None]
    country: Final[str | None]
    via: Final[Via]
    province: Final[str | None]
    chat: Final[bool]
    feed: Final[bool]

    # Written out for the compiler, as those of a dossier are.
    def __init__(
        self,
        at: int,
        device: int | None = None,
        net: int | None = None,
        place: Place | None = None,
        country: str | None = None,
        via: Via = Via.PAGE,
        province: str | None = None,
        chat: bool = False,
        feed: bool = False,
    ) -> None:
        self.at = at
        self.device = device
        self.net = net
        self.place = place
        self.country = country
        self.via = via
        self.province = province
        self.chat = chat
        self.feed = feed


def opened_in_chat(user_agent: str) -> bool:
    """Whether a page was opened in a chat app's own browser.

    Such a browser opens the links that friends send, and also what the app's scanner reads: a
    scan from it may be made where the stamp is not.

    >>> opened_in_chat("Mozilla/5.0 (iPhone) Mobile/15E148 Zalo iOS/640 ZaloTheme/light")
    True
    """
    return _CHATS.search(user_agent) is not None


def opened_in_feed(user_agent: str) -> bool:
    """Whether a page was opened out of a social feed: there are pictures of stamps, and no stamps.

    >>> opened_in_feed("Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/5]")
    True
    >>> opened_in_feed("Mozilla/5.0 (iPhone) Mobile/15E148 [FBAN/MessengerForiOS;FBAV/5]")
    False
    """
    return _FEEDS.search(user_agent) is not None


# Zalo; Facebook and Messenger; WeChat; Line; KakaoTalk; Viber; Telegram; Instagram; TikTok; …
_CHATS = re.compile(
    r"Zalo|FBA[NV]/|FB_IAB|FBIOS|MicroMessenger|\bLine/|KAKAOTALK|Viber|Telegram|Instagram"
    r"|WhatsApp|musical_ly|BytedanceWebview|Snapchat"
)
# Facebook itself and not its Messenger; Instagram; TikTok.
_FEEDS = re.compile(r"FBAN/FBIOS|FB_IAB/FB4A|Instagram|musical_ly|BytedanceWebview")
