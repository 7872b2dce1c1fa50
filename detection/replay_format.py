"""The lines of a recorded world, read: stamps introduced, scans, RFC 3339 times.

`detection.replay` tells what the lines are. Reading is strict about what it needs and passes over
what it does not know. Recordings are long and repeat themselves, so what many lines share is read
once: the hour of a time, and everything that the stamps of one lot have in common.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from detection.place import Place
from detection.scan_event import ScanEvent, Via
from detection.stamp_context import StampContext
from detection.user_agent import AgentClass, AgentClassifier
from stamps.errors import VeritemError
from stamps.lifecycle import State

# A place that does not say how sure it is, is taken for a phone's fix in a town.
DEFAULT_ACCURACY_M: Final = 100.0

_VIA: Final = {via.value: via for via in Via}
_HOURS_KEPT: Final = 100_000
_NO_AGENT: Final = AgentClass.NONE
_new: Final = tuple.__new__
_LONG_AGO: Final = -(1 << 63)
# Times in the form that recordings have, hour by hour as they are met, and within the hour.
_HOURS: Final[dict[str, int]] = {}
_WITHIN: Final = {
    f":{second // 60:02d}:{second % 60:02d}Z": second * 1000 for second in range(3600)
}


class UnreadableRecording(VeritemError):
    """A line of a recording does not say what a line must; `line` counts from 1."""

    code = "unreadable-recording"
    message = "line {line}: {why}"


class Introduced:
    """What a `stamp` line told: the facts before and after activation, and the batch."""

    __slots__ = ("_active", "_before", "_beside", "_since", "batch")

    def __init__(self, said: Mapping[str, Any]) -> None:
        batch, market = said.get("batch"), said.get("market") or ()
        activated, expires, packed = (
            said.get(name) for name in ("activated_at", "expires_at", "packed")
        )
        self.batch = None if batch is None else str(batch)
        self._active = StampContext(
            state=State(said.get("state") or (State.ACTIVATED if activated else State.PRINTED)),
            activated_at=milliseconds(activated) if activated else None,
            packed=_place(packed) if packed else None,
            shelf_life_days=said.get("shelf_life_days"),
            expires_at=milliseconds(expires) if expires else None,
            market=(market,) if isinstance(market, str) else tuple(market),
        )
        since = self._active.activated_at
        self._since = _LONG_AGO if since is None else since
        self._before = replace(self._active, state=State.PRINTED)
        self._beside: dict[tuple[bool, float], StampContext] = {}

    def facts_at(self, at: int, batch_evidence: float = 0.0) -> StampContext:
        """The facts as they were at a time: a stamp is not in use before its activation."""
        early = at < self._since
        facts = self._before if early else self._active
        if not batch_evidence:
            return facts
        beside = self._beside.get((early, batch_evidence))
        if beside is None:
            beside = replace(facts, batch_evidence=batch_evidence)
            self._beside[early, batch_evidence] = beside
        return beside

    @property
    def facts(self) -> StampContext:
        """The facts once the stamp is in use, if it ever is."""
        return self._active


def event(
    said: dict[str, Any], provinces: Mapping[str, Place], agents: AgentClassifier
) -> ScanEvent:
    """The sighting that a `scan` line tells of. Raises KeyError, TypeError or ValueError.

    A place given as a province stands for what `provinces` says of its code, or for no place.
    """
    text = said["at"]
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is not an RFC 3339 time")
    try:
        at = _HOURS[text[:13]] + _WITHIN[text[13:]]
    except KeyError:  # a time of another form, or an hour not met before
        at = milliseconds(text)
    via = _VIA.get(said.get("via", "page"))
    if via is None:
        raise ValueError(f"via is {said['via']!r}, not one of {', '.join(_VIA)}")
    device, net, place, agent = (
        said.get("device"),
        said.get("net"),
        said.get("place"),
        said.get("user_agent"),
    )
    province = where = None
    if place is not None:
        province = place.get("province")
        where = provinces.get(province) if province else _place(place)
    return ScanEvent(
        at,
        crc32(device.encode()) if isinstance(device, str) else device,
        crc32(net.encode()) if isinstance(net, str) else net,
        where,
        said.get("country"),
        via,
        province,
        agents.classify(agent) if agent else _NO_AGENT,
    )


def milliseconds(text: str) -> int:
    """An RFC 3339 time in milliseconds since the Unix epoch.

    >>> milliseconds("2026-07-01T06:00:00Z"), milliseconds("2026-07-01T13:00:00.250+07:00")
    (1782885600000, 1782885600250)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an RFC 3339 time") from None
    if moment.tzinfo is None or len(text) < 20:
        raise ValueError(f"{text!r} is not an RFC 3339 time: it lacks its offset")
    at = round(moment.timestamp() * 1000)
    within = _WITHIN.get(text[13:])
    if within is not None:
        if len(_HOURS) >= _HOURS_KEPT:
            _HOURS.clear()
        _HOURS[text[:13]] = at - within
    return at


def _place(said: Mapping[str, Any]) -> Place:
    lat, lon = float(said["lat"]), float(said["lon"])
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ValueError(f"place {lat}, {lon} is not on earth")
    accuracy = said.get("accuracy_m")
    return _new(Place, (lat, lon, DEFAULT_ACCURACY_M if accuracy is None else float(accuracy)))
