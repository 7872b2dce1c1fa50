"""User-agent classes: what opened a stamp's page, as far as the User-Agent header says it.

`classify_user_agent` is the only classifier: the live service, the recorder, the history rebuild
and `replay` use it. The header itself is never stored; the class is.

The class decides two things in detection: `came_by_link` (the page may have been opened where the
stamp is not, so a place proves no camera) and `AgentClass.IN_FEED` (a picture of a stamp was seen,
not the stamp). A header can be forged, so neither of them makes a stamp look worse.

>>> classify_user_agent("Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) Chrome/120.0 Mobile")
<AgentClass.PHONE: 'phone'>
>>> classify_user_agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
<AgentClass.BOT: 'bot'>
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class AgentClass(StrEnum):
    """A coarse class of user agent; the value is what the journal stores."""

    NONE = "none"
    BOT = "bot"
    IN_FEED = "in-feed"
    IN_APP = "in-app"
    PHONE = "phone"
    DESKTOP = "desktop"
    OTHER = "other"


# The first class with a match wins. Patterns match without regard to case.
_PATTERNS: Final[Mapping[AgentClass, tuple[str, ...]]] = {
    # Crawlers, link previews, headless browsers, HTTP libraries. Cubot makes phones.
    AgentClass.BOT: (
        r"(?<!\bcu)bot\b",  # Googlebot, bingbot, coccocbot-web, TelegramBot, Slackbot, …
        r"crawl(?:er|ing)?\b",
        r"spider\b",  # Baiduspider, Bytespider
        r"(?:bing|uri|web |link )preview",
        r"facebookexternalhit|facebookcatalog|meta-external",
        r"^WhatsApp/",  # fetches previews; it opens links in the phone's own browser
        r"HeadlessChrome|PhantomJS|Chrome-Lighthouse|Google-InspectionTool|Mediapartners-Google",
        r"\b(?:curl|Wget|python|aiohttp|httpx|Java|libwww-perl|Go-http-client|axios|node-fetch)\b",
    ),
    # The browser of a social feed: Facebook (not Messenger), Instagram, TikTok.
    AgentClass.IN_FEED: (
        r"FBAN/FBIOS|FB_IAB/FB4A",
        r"Instagram",
        r"musical_ly|BytedanceWebview|TikTok",
    ),
    # The browser of a chat app: opens links that friends send, and codes that its scanner reads.
    AgentClass.IN_APP: (
        r"Zalo",
        r"FBA[NV]/|FB_IAB|FBIOS",  # Messenger
        r"MicroMessenger|\bLine/|KAKAOTALK|Viber|Telegram|Snapchat|WhatsApp",
    ),
    AgentClass.PHONE: (r"Android|iPhone|Mobile",),
    AgentClass.DESKTOP: (r"Windows|Macintosh|X11",),
}
_REGEXES: Final = tuple(
    (agent_class, re.compile("|".join(patterns), re.IGNORECASE))
    for agent_class, patterns in _PATTERNS.items()
)
# Names of their own: hashing an enum member or reading it from its class is slow (Python 3.11).
_IN_FEED: Final = AgentClass.IN_FEED
_IN_APP: Final = AgentClass.IN_APP
_CLASSES: Final = {agent_class.value: agent_class for agent_class in AgentClass}


def classify_user_agent(header: str) -> AgentClass:
    """Return the class of a User-Agent header."""
    if not header:
        return AgentClass.NONE
    for agent_class, regex in _REGEXES:
        if regex.search(header):
            return agent_class
    return AgentClass.OTHER


def came_by_link(agent_class: AgentClass) -> bool:
    """Return whether a person may have opened the page by a link, far from the stamp.

    Bots are left out: they give no place, so the answer would change nothing.
    """
    return agent_class is _IN_APP or agent_class is _IN_FEED


def parse_agent_class(stored: str | None) -> AgentClass:
    """Return the class that the journal stored; `OTHER` for a value of another version."""
    if stored is None:
        return AgentClass.NONE
    return _CLASSES.get(stored, AgentClass.OTHER)


class AgentClassifier:
    """`classify_user_agent` with a bounded cache, which its owner keeps: headers repeat.

    A full cache is emptied: a dictionary, because an LRU cache takes twice as long to read.
    """

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._classes: dict[str, AgentClass] = {}

    def __len__(self) -> int:
        """Return the number of cached headers."""
        return len(self._classes)

    def classify(self, header: str) -> AgentClass:
        """Return the class of a User-Agent header."""
        agent_class = self._classes.get(header)
        if agent_class is None:
            agent_class = classify_user_agent(header)
            if len(self._classes) >= self._size:
                self._classes.clear()
            self._classes[header] = agent_class
        return agent_class
