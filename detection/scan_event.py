"""A scan as the judge sees it: when, by which device, from which network, and perhaps where.

Nothing here names a person: the device is a first-party pseudonym, device and network are keyed
hashes that the door makes and rotates, and a place is there only if the person chose to give it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, final

from detection.place import Place
from detection.user_agent import AgentClass


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

    `at` is in milliseconds since the Unix epoch, UTC; `device` and `network` are keyed hashes of at
    most 64 bits; `country` is ISO 3166-1 alpha-2, from the network address; `province` is the
    two-digit code ("01" to "96") of the place, when one was given; `agent` is the class of the
    user agent that opened the page.
    """

    at: Final[int]
    device: Final[int | None]
    network: Final[int | None]
    place: Final[Place | None]
    country: Final[str | None]
    via: Final[Via]
    province: Final[str | None]
    agent: Final[AgentClass]

    # Written out for the compiler, as those of a dossier are.
    def __init__(
        self,
        at: int,
        device: int | None = None,
        network: int | None = None,
        place: Place | None = None,
        country: str | None = None,
        via: Via = Via.PAGE,
        province: str | None = None,
        agent: AgentClass = AgentClass.OTHER,
    ) -> None:
        self.at = at
        self.device = device
        self.network = network
        self.place = place
        self.country = country
        self.via = via
        self.province = province
        self.agent = agent
