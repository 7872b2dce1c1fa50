"""The server's view of an event: cookie, address, country, place and time.

A page scan has the server's time. A late upload of an app has its time of arrival and the place of
the scan; a scan by an app with a wrong clock has that clock's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from simulation.chance import (
    Bools,
    Floats,
    Ints,
    Words,
    draw_trait,
    draw_uniform,
    make_generator,
    scramble_bits,
)
from simulation.events import (
    APP,
    BIT,
    BOT,
    CHAT,
    DESKTOP,
    FEED,
    HEADLESS,
    HOUR,
    INSPECTOR,
    PHONE,
    PREVIEW,
    VISIT,
    Table,
)
from simulation.gazetteer import COUNTRIES, load_gazetteer, move_places, places_in
from simulation.parameters import Parameters

NO_PLACE, POINT, PROVINCE = range(3)

# Carriers' shares of Vietnamese mobile data (Viettel, VinaPhone, MobiFone, others; rounded).
CARRIERS = np.cumsum([0.54, 0.23, 0.18])
WIFI, GATEWAYS, MACHINES, VPN_NETWORKS = 1, 2, 3, 5
"""Kinds of networks (`network_of`)."""

VPN_EXITS = 200
VPN_COUNTRIES = np.array([COUNTRIES.index(c) for c in ("SG", "US", "JP", "DE")])

_IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
)
_DROID = "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 (KHTML, like Gecko) "
_SAFARI = _IOS.format("18_5") + "Version/18.5 Mobile/15E148 Safari/604.1"
_WEBVIEW = _DROID.format("14") + "Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36"
_CHROME = _DROID.format("10") + "Chrome/138.0.0.0 Mobile Safari/537.36"
AGENTS = {
    PHONE: (
        _SAFARI,
        _CHROME,
        _DROID.format("14") + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    CHAT: (
        _IOS.format("18_5") + "Mobile/15E148 Zalo iOS/640 ZaloTheme/light ZaloLanguage/vn",
        _WEBVIEW + " Zalo android/12100",
    ),
    FEED: (
        _IOS.format("18_5") + "Mobile/15E148 [FBAN/FBIOS;FBAV/520.0.0.38;FBLC/vi_VN]",
        _WEBVIEW + " [FB_IAB/FB4A;FBAV/520.0]",
        _WEBVIEW + " trill_400 BytedanceWebview",
    ),
    DESKTOP: ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
              " Chrome/138.0.0.0 Safari/537.36",),
    BOT: (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1;"
        " +http://www.google.com/bot.html) Chrome/138.0.0.0 Safari/537.36",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
    ),
    HEADLESS: (
        "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " HeadlessChrome/138.0.0.0 Safari/537.36",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (compatible; ZaloPC-win32; ZaloBot/1.0; link preview)",
    ),
    PREVIEW: (_SAFARI, _CHROME, "facebookexternalhit/1.1", "TelegramBot (like TwitterBot)"),
}  # fmt: skip
"""Some user agents of each kind; most preview fetchers imitate phones."""

APP_AGENT = "Veritem/1.0 (Android 14)"


@dataclass(frozen=True)
class Observations:
    """Columns beside the events: the server's record of each."""

    at: Floats
    device: Words
    net: Words
    country: Ints
    given: NDArray[np.int8]
    lat: Floats
    lon: Floats
    accuracy: Floats
    labels: NDArray[np.uint32]

    def select(self, rows: Ints) -> "Observations":
        """Return the given rows, in their order."""
        return Observations(*(getattr(self, f.name)[rows] for f in fields(self)))


def joined_views(parts: Sequence[Observations]) -> Observations:
    """Concatenate the server's views."""
    return Observations(
        *(np.concatenate([getattr(x, f.name) for x in parts]) for f in fields(Observations))
    )


def observe_events(seed: int, p: Parameters, events: Table, part: str = "phones") -> Observations:
    """Derive the server's view of the true events, with a label for every trouble.

    `part` names the random stream: events that are added to a world have one of their own.
    """
    rng = make_generator(seed, part)
    n, who = len(events), events["person"]
    labels: NDArray[np.uint32] = events["labels"].copy()
    human = events["agent"] <= FEED
    human |= events["agent"] == DESKTOP

    lost = (events["repeat"] > 0) & (rng.random(n) < p.cookie_loss) & (events["via"] == 0)
    labels[lost] |= BIT["cookie_loss"]
    device = scramble_bits(who * np.int64(4096) + np.where(lost, events["repeat"], 0))

    net = _networks(rng, seed, p, events, human)
    vpn = human & (draw_trait(seed, "vpn", who) < p.vpn) & (events["via"] != INSPECTOR)
    labels[vpn] |= BIT["vpn"]
    exits = (draw_trait(seed, "vpn exit", who) * VPN_EXITS).astype(np.int64)
    net = np.where(vpn, network_of(exits, VPN_NETWORKS), net)
    country = np.where(vpn, VPN_COUNTRIES[exits % 4], events["country"])

    at, skewed = _clocks(rng, p, events)
    labels |= skewed
    given, lat, lon, accuracy, wrong = _places(rng, seed, p, events, human)
    labels |= wrong
    return Observations(at, device, net, country, given, lat, lon, accuracy, labels)


def _networks(
    rng: np.random.Generator, seed: int, p: Parameters, events: Table, human: Bools
) -> Words:
    """Return networks: the Wi-Fi if any, else a shared gateway of the carrier in the region."""
    n, who, site = len(events), events["person"], events["site"]
    chance = np.where(events["home"], p.wifi_home, p.wifi_shop)
    wifi = (site != 0) & (rng.random(n) < chance)
    carrier = np.searchsorted(CARRIERS, draw_trait(seed, "carrier", who))
    region = np.digitize(events["lat"], [12.5, 17.5])  # south, centre, north
    own = draw_trait(seed, "gateway", who + (events["repeat"].astype(np.int64) << 40))
    own = np.where(rng.random(n) < p.gateway_stays, draw_trait(seed, "gateway", who), own)
    gateway = (carrier * 3 + region) * 1000 + (own * p.gateways).astype(np.int64)
    country = events["country"].astype(np.int64)
    mobile = np.where(country, gateway + 1_000_000 * (1 + country), gateway)
    net = np.where(wifi, network_of(site, WIFI), network_of(mobile, GATEWAYS))
    return np.where(human, net, network_of(who, MACHINES))


def network_of(number: Ints, kind: int) -> Words:
    """Return the network of a site, a carrier's gateway, a machine or a VPN's exit."""
    return scramble_bits(number + np.int64(kind << 56))


def on_carrier(net_of: Words, p: Parameters) -> Bools:
    """Return which network hashes are carriers' gateways (for labels only)."""
    numbers = [
        (c * 3 + r) * 1000 + np.arange(p.gateways) + far
        for c in range(4)
        for r in range(3)
        for far in [0, *(1_000_000 * (1 + i) for i in range(1, len(COUNTRIES)))]
    ]
    return np.isin(net_of, network_of(np.concatenate(numbers), GATEWAYS))


def _clocks(
    rng: np.random.Generator, p: Parameters, events: Table
) -> tuple[Floats, NDArray[np.uint32]]:
    n, labels = len(events), np.zeros(len(events), np.uint32)
    app = (events["via"] == APP) | (events["via"] == INSPECTOR)
    late = app & (rng.random(n) < p.late_upload)
    skew = app & ~late & (rng.random(n) < p.clock_skew)
    labels[late], labels[skew] = BIT["late_upload"], BIT["clock_skew"]
    waits = draw_uniform(rng, 0.2 * HOUR, 72 * HOUR, n)
    off = draw_uniform(rng, 60, 14 * HOUR, n) * np.where(rng.random(n) < 0.5, -1, 1)
    return events["at"] + np.where(late, waits, 0) + np.where(skew, off, 0), labels


def _places(
    rng: np.random.Generator, seed: int, p: Parameters, events: Table, human: Bools
) -> tuple[NDArray[np.int8], Floats, Floats, Floats, NDArray[np.uint32]]:
    n, who = len(events), events["person"]
    willing = (human & (draw_trait(seed, "gives place", who) < p.gives_place)) | events["forged"]
    willing |= events["via"] == INSPECTOR
    willing &= events["via"] != VISIT
    names = (draw_trait(seed, "names province", who) < p.province_only) & (events["province"] >= 0)
    names &= (events["via"] == 0) & ~events["forged"]
    given = np.where(willing, np.where(names, PROVINCE, POINT), NO_PLACE).astype(np.int8)

    # The claimed radius: satellites some 5–30 m, Wi-Fi and cells some 100 m, coarse 1–5 km.
    sort = rng.random(n)
    coarse = (sort < p.coarse_fix) & (events["via"] == 0)
    accuracy = np.where(
        coarse, draw_uniform(rng, 1000, 5000, n),
        np.where(sort < p.coarse_fix + p.network_fix, draw_uniform(rng, 30, 400, n),
                 draw_uniform(rng, 4, 40, n)),
    )  # fmt: skip
    # Errors are Rayleigh; the scale makes the claimed radius cover `accuracy_covers` of them.
    scale = accuracy / np.sqrt(-2 * np.log(1 - p.accuracy_covers))
    error_km = p.location_error * scale * np.sqrt(-2 * np.log1p(-rng.random(n))) / 1000
    wrong = (given == POINT) & ~events["forged"] & (rng.random(n) < p.wrong_fix)
    lat, lon = move_places(
        rng, events["lat"], events["lon"], np.where(events["forged"], 0, error_km)
    )
    far_lat, far_lon = _elsewhere(rng, events[wrong])
    lat[wrong], lon[wrong] = far_lat, far_lon
    labels = np.where(wrong, BIT["wrong_fix"], 0).astype(np.uint32)
    return given, lat, lon, np.maximum(np.rint(accuracy), 1.0), labels


def _elsewhere(rng: np.random.Generator, events: Table) -> tuple[Floats, Floats]:
    """Return wrong fixes: half at the former place of a router, half kilometres off."""
    n = len(events)
    province: Ints = np.maximum(events["province"].astype(np.int64), 0)
    near = load_gazetteer().near[province, rng.integers(0, 20, n)]
    lat, lon = places_in(rng, near)
    off_lat, off_lon = move_places(rng, events["lat"], events["lon"], draw_uniform(rng, 3, 60, n))
    far = rng.random(n) < 0.5
    return np.where(far, lat, off_lat), np.where(far, lon, off_lon)


def label_shared_networks(events: Table, seen: Observations, p: Parameters) -> NDArray[np.uint32]:
    """Label networks that several people share, and one person's changes of network."""
    labels = np.zeros(len(events), np.uint32)
    counted = np.flatnonzero((events["via"] != VISIT) & (events["item"] >= 0))
    stamp, who, net = events["stamp"][counted], events["person"][counted], seen.net[counted]
    # Two persons of one stamp on one network.
    order = np.lexsort((who, net, stamp))
    same = (np.diff(stamp[order]) == 0) & (np.diff(net[order].astype(np.int64)) == 0)
    same &= np.diff(who[order]) != 0
    later = counted[order[1:][same]]
    gateway = on_carrier(seen.net[later], p)
    labels[later[gateway]] |= BIT["carrier_nat"]
    labels[later[~gateway]] |= BIT["shared_wifi"]
    # One person of one stamp on two networks.
    order = np.lexsort((who, stamp))
    one = (np.diff(stamp[order]) == 0) & (np.diff(who[order]) == 0)
    changed = one & (np.diff(net[order].astype(np.int64)) != 0)
    labels[counted[order[1:][changed]]] |= BIT["net_switch"]
    return labels
