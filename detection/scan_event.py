"""Scan event: one scan as detection sees it (time, device, network, perhaps a place).

Shaped for the compiler: the constructor is written out, because mypyc does not see the one that
`dataclass` makes at run time, and `VISIT` is a name of its own, because reading an enum member
from its class takes 0.1 µs (ADR 0035).

Nothing here names a person: device and network are keyed hashes made by `resolver.privacy`, and a
place is there only if the person chose to give it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, final

from detection.place import Place
from detection.user_agent import AgentClass


class Via(StrEnum):
    """Source of a scan, from the most to the least trustworthy."""

    INSPECTOR = "inspector"
    APP = "app"
    PAGE = "page"
    VISIT = "visit"  # a page was opened: never evidence


VISIT: Final = Via.VISIT


class Source(NamedTuple):
    """Trust in a scan by its `Via`.

    - `counts`: whoever scans may hold another item, and counts as a session;
    - `camera`: the scan was surely made with a camera; a page may be opened from a link;
    - `proven`: the place is an enrolled device's; a place from a page is a claim.
    """

    counts: bool
    camera: bool
    proven: bool


SOURCES: Final[Mapping[Via, Source]] = {
    # An inspector looks at many stamps and buys none: only the place is evidence.
    Via.INSPECTOR: Source(counts=False, camera=True, proven=True),
    Via.APP: Source(counts=True, camera=True, proven=True),
    Via.PAGE: Source(counts=True, camera=False, proven=False),
}
"""The source of each `Via` that is evidence; a visit has none."""


@final
@dataclass(slots=True, init=False)
class ScanEvent:
    """One scan of one stamp.

    - `at`: milliseconds since the Unix epoch;
    - `device`, `network`: keyed hashes of at most 64 bits;
    - `country`: ISO 3166-1 alpha-2, from the network address;
    - `province`: two-digit code ("01" to "96") of the place, if one was given;
    - `agent`: class of the user agent that opened the page;
    - `weighs`: the scan may be evidence (`detection.scan_weight`).
    """

    at: Final[int]
    device: Final[int | None]
    network: Final[int | None]
    place: Final[Place | None]
    country: Final[str | None]
    via: Final[Via]
    province: Final[str | None]
    agent: Final[AgentClass]
    weighs: Final[bool]

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
        weighs: bool = True,
    ) -> None:
        self.at = at
        self.device = device
        self.network = network
        self.place = place
        self.country = country
        self.via = via
        self.province = province
        self.agent = agent
        self.weighs = weighs

    def without_weight(self) -> "ScanEvent":
        """Return the scan as one that is counted and is no evidence."""
        return ScanEvent(
            self.at,
            self.device,
            self.network,
            self.place,
            self.country,
            self.via,
            self.province,
            self.agent,
            weighs=False,
        )
