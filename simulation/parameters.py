"""Every number of the simulated world, each with its source or marked "assumed".

These numbers were fixed before the first evaluation of a judge. A change needs a reason in
`docs/detection.md`; improving a figure is not a reason.
Shifted worlds are made with `dataclasses.replace`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

ISSUE = "specification of the evaluation"
DOMAIN = "false-alarm traps seen elsewhere"


def _known(value: Any, source: str, meaning: str) -> Any:
    return field(default=value, metadata={"source": source, "meaning": meaning})


def _assumed(value: Any, meaning: str) -> Any:
    return _known(value, "assumed", meaning)


@dataclass(frozen=True)
class Product:
    """One kind of produce. Provinces are official codes since July 2025, with weights."""

    name: str
    share: float
    shelf_life_days: int
    export_share: float
    provinces: dict[str, float]


# Shares of stamped produce and of growing provinces are assumed: durian (the pilot), then the
# produce of the provinces' priority lists. Shelf lives are ambient or cool-chain averages.
PRODUCTS = (
    Product("durian", 0.50, 14, 0.35, {"66": 30, "68": 25, "82": 15, "75": 12, "52": 8, "86": 5}),
    Product("dragon fruit", 0.12, 20, 0.30, {"68": 60, "80": 25, "82": 15}),
    Product("pomelo", 0.12, 30, 0.05, {"86": 60, "92": 20, "42": 20}),
    Product("lychee", 0.06, 7, 0.30, {"24": 80, "31": 20}),
    Product("tea", 0.06, 365, 0.05, {"19": 60, "25": 20, "68": 20}),
    Product("coffee", 0.08, 365, 0.00, {"66": 60, "68": 40}),
    Product("rice", 0.06, 180, 0.00, {"91": 40, "82": 30, "92": 30}),
)

LONG_LIFE_DAYS = 90
"""Produce with at least this shelf life is bought and eaten over weeks, not days. Assumed."""


@dataclass(frozen=True)
class Parameters:
    """Parameters of one world. Lengths are in km, times in hours or days."""

    # -- how large, how long
    active: int = _known(1_000_000, ISSUE, "stamps activated in the window")
    days: int = _known(90, ISSUE, "length of the world")
    activation_days: int = _assumed(75, "lots are activated evenly over the first so many days")
    scan_rate: float = _known(0.05, ISSUE, "chance that somebody scans an item (0.2/1/5/10 %)")
    prevalence: float = _known(0.001, ISSUE, "share of active codes that are attacked")
    location_error: float = _known(1.0, ISSUE, "multiplies true location errors (shifted: 2)")

    # -- trade
    packing_houses: int = _assumed(160, "packing houses that use stamps")
    batch_lots: int = _assumed(5, "lots packed from one batch of stamps, on average")
    lot_stamps: int = _assumed(1_500, "stamps of one lot, on average")
    shop_items: int = _assumed(60, "items of one lot in one shop, on average")
    lot_provinces: int = _assumed(4, "most market provinces that one lot goes to")
    lorry_kmh: float = _assumed(42.0, "lorry's average, stops counted (limits are 50–90 km/h)")
    road_factor: float = _assumed(1.35, "road length over straight line in a long narrow country")
    air_share: float = _assumed(0.10, "share of lots going over 600 km that fly")
    reseller_share: float = _assumed(0.04, "items resold to a province off the lot's route")
    diverted_share: float = _assumed(0.03, "export items turned back and sold at home")
    fresh_shelf_days: float = _assumed(1.6, "mean days of fresh produce in the shop")
    fresh_home_days: float = _assumed(0.9, "mean days from buying to eating, fresh produce")
    long_shelf_days: float = _assumed(12.0, "mean days in the shop, produce that keeps")
    long_home_days: float = _assumed(9.0, "mean days from buying to opening, produce that keeps")
    home_km: float = _assumed(4.0, "mean distance from shop to home")

    # -- honest people round one item
    scan_in_shop: float = _assumed(0.35, "share of buyers who scan before they pay")
    rescan: float = _assumed(0.18, "a person who scanned scans the item again")
    rescans_max: int = _assumed(4, "most rescans of one person")
    family: float = _assumed(0.12, "others of the household scan too")
    shelf: float = _assumed(0.08, "other shoppers scan the item on the shelf")
    gift: float = _assumed(0.02, "a scanned item travels to another province or country")
    gift_abroad: float = _assumed(0.08, "share of gifts that leave the country")
    shared_link: float = _known(
        0.03, "assumed; previews are named in " + DOMAIN, "a session whose link is sent on"
    )
    friend_opens: float = _assumed(0.25, "a friend opens the link that was sent on")
    bot_confirms: float = _assumed(0.04, "a preview bot runs the page's script and confirms")
    crawled: float = _assumed(0.01, "a scanned stamp's page is later opened by a crawler")
    unconfirmed: float = _assumed(0.05, "a page opened and never confirmed, per session")

    # -- crowds and officials, per active stamp
    sample_rate: float = _assumed(1e-4, "samples on show")
    sample_shoppers: tuple[int, int] = _known((5, 60), ISSUE, "shoppers who scan one sample")
    viral_rate: float = _assumed(1e-6, "viral photos (at least one a world)")
    viral_scans: int = _known(10_000, ISSUE, "scans of a viral photo")
    reviewer_rate: float = _assumed(2e-5, "reviewers who post a readable stamp")
    reviewer_scans: tuple[int, int] = _assumed((10, 300), "followers who scan it")
    packer_test: float = _assumed(
        0.002, "stamps test-scanned by the packer, some before activation"
    )
    inspector_rate: float = _assumed(5e-4, "items scanned by an inspector on the market")
    inspectors: int = _assumed(300, "inspectors with devices")

    # -- phones and networks
    gives_place: float = _known(0.30, ISSUE, "people who give a place")
    province_only: float = _assumed(0.15, "of them, those who name a province instead")
    app_share: float = _assumed(0.05, "people with the authenticated app")
    cookie_loss: float = _known(0.20, ISSUE, "a later session comes with a new device cookie")
    vpn: float = _known(0.03, ISSUE, "people behind a VPN")
    wifi_home: float = _assumed(0.65, "sessions at home over Wi-Fi, else mobile")
    wifi_shop: float = _assumed(0.12, "sessions in a shop over its Wi-Fi, else mobile")
    gateways: int = _assumed(48, "shared gateways of one carrier in one region")
    gateway_stays: float = _assumed(0.5, "a phone's next session leaves by the same gateway")
    coarse_fix: float = _assumed(0.12, "places with 'approximate location' on: 1–5 km")
    network_fix: float = _assumed(0.30, "places from Wi-Fi or cells: some 100 m")
    accuracy_covers: float = _known(
        0.68, "Android Location.getAccuracy", "share of errors inside the claimed radius"
    )
    wrong_fix: float = _known(0.004, "assumed; named in " + DOMAIN, "fixes far off claiming metres")
    late_upload: float = _known(0.06, "assumed; named in " + DOMAIN, "app scans that arrive late")
    clock_skew: float = _known(0.04, "assumed; named in " + DOMAIN, "app clocks that are off")

    # -- attacks
    copied_share: float = _assumed(0.60, "of attacked codes: one code copied K times")
    leaked_share: float = _assumed(0.20, "of attacked codes: from a leaked batch")
    dormant_share: float = _assumed(0.10, "of attacked codes: activated, stolen, used weeks later")
    peeled_share: float = _assumed(0.10, "of attacked codes: peeled and reused")
    copies: tuple[int, ...] = _known(
        (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000),
        ISSUE + "; equal shares assumed",
        "K, copies of one code",
    )
    patterns: tuple[tuple[str, float], ...] = _known(
        (("nation", 0.40), ("region", 0.35), ("adaptive", 0.25)),
        ISSUE + "; shares assumed",
        "where copies are sold, and its share",
    )
    copy_days: tuple[int, int] = _assumed((3, 40), "days over which careless copies are sold")
    shop_copies: int = _assumed(10, "copies of one code that one shop gets")
    leaked_batch: int = _assumed(250, "codes used from one leaked batch")
    leaked_early_days: float = _assumed(10.0, "leaked codes appear up to so long before activation")
    dormant_days: tuple[int, int] = _assumed((18, 60), "from activation to misuse")
    peeled_days: tuple[int, int] = _assumed((3, 30), "from first sale to second")
    poisoned_rate: float = _assumed(1e-5, "genuine stamps that a rival mass-scans, per active")
    poison_scans: tuple[int, int] = _assumed((20, 300), "scans of one poisoning")


@dataclass(frozen=True)
class AttackerParameters:
    """Parameters that all attackers share. Fixed before the judge was changed against them."""

    stamps: int = _known(100, ISSUE, "stamps of one attacker's world that are attacked")
    copies: int = _known(300, ISSUE, "K of the copied codes that an attacker hides")
    settled_days: float = _assumed(
        14.0, "the genuine item is sold so long before the world ends, so that effects are seen"
    )
    mask_before_days: float = _assumed(
        1.0, "a mask starts so long before the first copy is offered"
    )
    mask_after_days: float = _assumed(
        14.0, "a mask lasts so long after the last copy is sold: buyers scan at home"
    )
    waking: tuple[float, float] = _assumed((6.0, 23.0), "hours of scans by day, as people's")
    quiet_hours: float = _assumed(
        24.0, "an adaptive mask pauses when the page's counts stood still for so long"
    )
    look_minutes: float = _assumed(60.0, "an adaptive mask opens the page this often")
    answer: int = _assumed(4, "scans of an adaptive mask when a stranger's scan appears")
    vaccine_scans: int = _known(17, ISSUE, "scans of one cookie with invented places")
    vaccine_hours: float = _assumed(3.0, "one evening's work")
    frame_wait_hours: tuple[float, float] = _assumed(
        (1.0, 48.0), "from the buyer's scan to the first invented place: the rival passes by"
    )
    frame_hours: float = _known(
        1.0, ISSUE + ": within a day; assumed: in one go", "from the first to the last place"
    )
    campaign_seconds: float = _known(15.0, ISSUE + ": within minutes", "between two scans")
    page_opens: int = _assumed(1_000, "scripted page opens of one stamp: a loop left running")
    page_open_hours: float = _assumed(48.0, "hours of these")
    flood_scans: tuple[int, int] = _known((500, 10_000), ISSUE, "scans of one flood")
    flood_days: float = _known(9.0, ISSUE, "length of a flood, evenly by day and night")
    flood_per_network: float = _assumed(5.0, "scans that one network sends to a flood")
    accuracy_m: tuple[float, float] = _assumed(
        (4.0, 40.0), "claimed radius of an invented place: as a phone under the open sky"
    )


class Act(StrEnum):
    """Conduct of an attacker with a stamp."""

    NOTHING = "nothing"
    MASK = "mask"
    ADAPTIVE_MASK = "adaptive mask"
    VACCINATE = "vaccinate"
    FRAME = "frame"
    OPEN_PAGE = "open the page"
    FLOOD = "flood"


class Target(StrEnum):
    """Which stamps an attacker chooses."""

    COPIED = "copied"
    """Codes that are copied K times: the attacker sells the copies."""
    SCANNED = "genuine, scanned"
    """Genuine stamps after their buyer's scan."""
    SCANNED_ONCE = "genuine, scanned once"
    """Share that remains without rescans, families and shoppers."""
    UNSCANNED = "genuine, unscanned"
    """Genuine stamps that nobody else scans."""


class Means(StrEnum):
    """Owner of the addresses of an attacker's networks."""

    OWN = "own"
    """Networks of nobody else: home and office lines, rented servers inside the country."""
    RESIDENTIAL = "residential"
    """Households whose routers or phones were taken over: own devices behind each."""
    MOBILE = "mobile"
    """Gateways of the carriers, shared with everybody's phones: a farm of phones in flight mode
    and back."""
    VPN = "vpn"
    """Exits abroad, shared with the honest users of the same service."""


@dataclass(frozen=True)
class Attacker:
    """One kind of attacker. Each of its stamps is attacked separately unless `campaign`."""

    name: str
    act: Act
    target: Target
    networks: int = 1
    """Networks for each stamp (for all stamps of a campaign)."""
    every_minutes: float = 20.0
    """A mask scans this often; its networks take turns."""
    by_day: bool = False
    """Only in waking hours."""
    scans: int = 1
    """Invented places of a framing; its networks take turns, each scan a new device."""
    days: float = 0.0
    """Days of a framing; 0: `frame_hours`. Days of a mask; 0: as long as copies are sold."""
    far: bool = False
    """Invented places are in the north and the south in turn, else where people live."""
    keeps_place: bool = False
    """Every network claims the same place in all its scans."""
    one_by_one: bool = False
    """Networks come one after the other, each for its share of the scans, else they take turns."""
    campaign: bool = False
    """One attacker takes all stamps of one lot in turn, every scan some seconds after the last."""
    means: Means = Means.OWN
    via: str = "page"
    """`app`: with the key of a published app; `inspector`: with one enrolled device."""
    places: float = 1.0
    """Share of the scans of a flood or framing with a place."""
    why: str = ISSUE


_MASKS: Final = ((1, 60.0), (10, 20.0), (50, 20.0))
"""Networks and minutes between the scans of a mask."""


def _plural(networks: int) -> str:
    return "1 network" if networks == 1 else f"{networks} networks"


def _masks(target: Target, prefix: str) -> tuple[Attacker, ...]:
    return tuple(
        Attacker(
            f"{prefix}, {_plural(n)}", Act.MASK, target, networks=n, every_minutes=minutes
        )
        for n, minutes in _MASKS
    )  # fmt: skip


def _framings(target: Target) -> tuple[Attacker, ...]:
    """One network invents three places, two and five invent one place each."""
    seen = "buyer scanned" if target is Target.SCANNED else "unscanned"
    return tuple(
        Attacker(
            f"framed, {_plural(n)}, {seen}", Act.FRAME, target, networks=n,
            scans=3 if n == 1 else n,
        )
        for n in (1, 2, 5)
    )  # fmt: skip


def _campaigns() -> Iterator[Attacker]:
    for networks in (1, 2, 5):
        for target, seen in ((Target.SCANNED, "buyer scanned"), (Target.UNSCANNED, "unscanned")):
            yield Attacker(
                f"framed in a row, {_plural(networks)}, {seen}", Act.FRAME, target,
                networks=networks, scans=2 if networks == 1 else networks, campaign=True,
            )  # fmt: skip


ATTACKERS: Final[tuple[Attacker, ...]] = (
    Attacker("copies, no attacker", Act.NOTHING, Target.COPIED),
    *_masks(Target.COPIED, "copies masked"),
    *(replace(x, name=f"{x.name}, by day", by_day=True)
      for x in _masks(Target.COPIED, "copies masked")),
    *(replace(x, name=f"{x.name}, adaptive", act=Act.ADAPTIVE_MASK)
      for x in _masks(Target.COPIED, "copies masked")),
    Attacker("copies masked, botnet of 500", Act.MASK, Target.COPIED, networks=500,
             means=Means.RESIDENTIAL),
    Attacker("copies masked, 10 networks, leaked app key", Act.MASK, Target.COPIED, networks=10,
             why="assumed: a key in a published app is read within a day; it weighs as a page"),
    Attacker("copies vaccinated", Act.VACCINATE, Target.COPIED),
    *_framings(Target.SCANNED),
    *_framings(Target.UNSCANNED),
    *(replace(x, name=f"{x.name}, far places", days=0.25, far=True)
      for x in _framings(Target.SCANNED)),
    *_campaigns(),
    Attacker("framed, 2 networks, leaked app key", Act.FRAME, Target.SCANNED, networks=2, scans=2,
             why="assumed: a key in a published app is read within a day; it weighs as a page"),
    Attacker("framed, VPN with 5 exits", Act.FRAME, Target.SCANNED, networks=5, scans=5,
             means=Means.VPN, why="assumed: a paid service, exits chosen by hand"),
    Attacker("framed, farm of 20 phones on mobile data", Act.FRAME, Target.SCANNED, networks=20,
             scans=20, days=3.0, by_day=True, means=Means.MOBILE,
             why="assumed: the smallest farm on offer, three days of rent"),
    Attacker("framed, botnet of 500", Act.FRAME, Target.SCANNED, networks=500, scans=40, days=5.0,
             by_day=True,
             means=Means.RESIDENTIAL,
             why=f"{ISSUE}; assumed: as many scans as a popular item has, over its life"),
    Attacker("framed, misused inspector's device", Act.FRAME, Target.SCANNED, scans=2, far=True,
             via="inspector", why="assumed: one enrolled device that lies"),
    *_masks(Target.SCANNED, "genuine masked"),
    Attacker("genuine masked, botnet of 500", Act.MASK, Target.SCANNED, networks=500,
             means=Means.RESIDENTIAL),
    Attacker("genuine vaccinated", Act.VACCINATE, Target.SCANNED),
    Attacker("genuine, page opened by a script", Act.OPEN_PAGE, Target.SCANNED),
    Attacker("flood round the clock, no places", Act.FLOOD, Target.UNSCANNED, places=0.0),
    Attacker("flood round the clock, 30 % with places", Act.FLOOD, Target.UNSCANNED, places=0.3,
             why=f"{ISSUE}; assumed: places as often as people give them"),
)  # fmt: skip
"""Every attacker of the evaluation, in the order of its tables."""


def list_parameters(of: type = Parameters) -> list[tuple[str, Any, str, str]]:
    """Return (name, value, meaning, source) of every parameter, for the docs and the tests."""
    return [(f.name, f.default, f.metadata["meaning"], f.metadata["source"]) for f in fields(of)]
