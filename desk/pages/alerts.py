"""Alerts: the queue by expected loss, and one alert with its scans, history and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from desk import work
from desk.access import Access
from desk.call import Call
from desk.errors import MalformedBody
from desk.pages.render import Writer
from desk.roles import Permission
from desk.routes import Route
from detection.place import Place
from ledger import CAUSES, STEPS, AlertState, ScanRow
from stamps import serial_range
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, State, Transition
from traceability.places import atlas
from web.i18n import Texts, format_number

_FORM: Final = ("application/x-www-form-urlencoded",)
_VERBS: Final = {
    AlertState.INVESTIGATING: "investigate",
    AlertState.CONFIRMED: "confirm",
    AlertState.DISMISSED: "dismiss",
    AlertState.CLOSED: "close",
}
_FAR_KM: Final = 30
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Shown:
    """A scan as the page tells it; `leap` says how far and how soon after the one before."""

    scan: ScanRow
    device: str | None
    where: str | None
    leap: str | None


class Alerts:
    """The pages of alerts."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def listed(self, call: Call) -> web.StreamResponse:
        """The living alerts."""
        writer = Writer(call, self._access.sessions)
        alerts = await call.ledger.alerts.list(limit=200)
        return writer.page(
            "alerts.html",
            writer.words("alerts.title"),
            alerts=alerts,
            reason=lambda slug: reason(slug, writer.words),
        )

    async def show(self, call: Call) -> web.StreamResponse:
        """One alert."""
        return await self._alert(call)

    async def decide(self, call: Call) -> web.StreamResponse:
        """Take a step with it."""
        fields = call.fields
        try:
            if fields.get("state") not in {str(state) for state in _VERBS}:
                raise MalformedBody(field="state", why="is no step")
            await work.decide_alert(
                call,
                call.number("alert"),
                AlertState(fields["state"]),
                fields.get("cause") or None,
                fields.get("note", "")[:2000] or None,
            )
        except VeritemError as refusal:
            return await self._alert(call, refusal)
        where = f"/alerts/{call.number('alert')}"
        return web.Response(status=303, headers={"Location": where})

    async def block(self, call: Call) -> web.StreamResponse:
        """Suspend the alert's stamp."""
        try:
            alert = await call.ledger.alerts.get(call.number("alert"))
            if alert.index is None:
                raise MalformedBody(field="alert", why="is about no single stamp")
            run = serial_range.format_serial_range(alert.batch, alert.index, alert.index + 1)
            asked = work.TransitionRequest(Transition.SUSPEND, call.fields.get("reason"), roll=run)
            await work.transition(call, asked, call.own_key(call.fields.get("key", "")))
        except VeritemError as refusal:
            return await self._alert(call, refusal)
        where = f"/alerts/{call.number('alert')}"
        return web.Response(status=303, headers={"Location": where})

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        one, see = "/alerts/{alert:int}", (Permission.ALERT_SEE,)
        decide, block = (Permission.ALERT_DECIDE,), (Permission.SUSPEND,)
        return (
            Route("GET", "/alerts", self.listed, "alerts.title", see),
            Route("GET", one, self.show, "alerts.title", see),
            Route("POST", f"{one}/decide", self.decide, "alerts.decide", decide, media=_FORM),
            Route("POST", f"{one}/block", self.block, "alerts.block", block, media=_FORM),
        )

    async def _alert(self, call: Call, refusal: VeritemError | None = None) -> web.Response:
        alert, scans = await work.open_alert(call, call.number("alert"))
        writer = Writer(call, self._access.sessions)
        words = writer.words
        span = None
        if alert.index is None:
            title = words("alerts.batch", batch=alert.batch)
        else:
            span = await call.ledger.transitions.span_of(alert.batch, alert.index)
            run = serial_range.format_serial_range(alert.batch, alert.index, alert.index + 1)
            title = words("alerts.stamp", roll=run)
        return writer.page(
            "alert.html",
            title,
            refusal=refusal,
            alert=alert,
            span=span,
            suspendable=span is not None and span.state in (State.ACTIVATED, State.CLAIMED),
            scans=shown(scans, words),
            reason=lambda slug: reason(slug, words),
            steps=[
                (str(state), _VERBS[state], CAUSES.get(state, ()))
                for state in AlertState
                if state in STEPS[alert.state]
            ],
            reasons=REASONS[Transition.SUSPEND],
        )


def reason(slug: str, words: Texts) -> str:
    """A reason of the judge's in words; one that is new says at least its slug."""
    key = f"reason.{slug}"
    return words(key) if words.has(key) else words("reason.other", slug=slug)


def shown(scans: Sequence[ScanRow], words: Texts) -> list[Shown]:
    """The scans with their devices as letters, in the order in which these appear."""
    letters: dict[int, str] = {}
    told: list[Shown] = []
    before: ScanRow | None = None
    for scan in scans:
        device = None
        if scan.device is not None:
            letters.setdefault(scan.device, _letter(len(letters)))
            device = words("alerts.device", letter=letters[scan.device])
        where = None
        if scan.province in atlas().provinces:
            where = atlas().provinces[scan.province].name(words.language)
        elif scan.country and scan.country != "VN":
            where = scan.country
        told.append(Shown(scan, device, where, _leap(before, scan, words)))
        if scan.lat is not None:
            before = scan
    return told


def _leap(before: ScanRow | None, scan: ScanRow, words: Texts) -> str | None:
    """How far and how soon after the last place that was given, where that is far."""
    if before is None or scan.lat is None or scan.lon is None:
        return None
    if before.lat is None or before.lon is None:
        return None
    km = Place(before.lat, before.lon).distance_km(Place(scan.lat, scan.lon))
    if km < _FAR_KM:
        return None
    minutes = max(0, scan.at - before.at) // _MINUTE_MS
    unit, size = ("minutes", 1) if minutes < 120 else ("hours", 60)
    if minutes >= 48 * 60:
        unit, size = "days", 1440
    time = words.plural(f"alerts.{unit}", minutes // size)
    return words("alerts.leap", km=format_number(round(km), words.language), time=time)


def _letter(number: int) -> str:
    """A, B … Z, then A2, B2 …

    >>> [_letter(n) for n in (0, 25, 26)]
    ['A', 'Z', 'A2']
    """
    turn, at = divmod(number, 26)
    return chr(ord("A") + at) + (str(turn + 1) if turn else "")
