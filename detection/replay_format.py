"""Parse the lines of a replay recording: introduced stamps, scans, reports, timestamps.

`detection.replay` describes the format. Required fields are checked strictly; unknown fields are
ignored. Recordings are long and repeat themselves, so `ScanParser` caches what many lines share:
the hour of a timestamp and the class of a user agent.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zlib import crc32

from detection.place import Place
from detection.report_evidence import ReportedStamp
from detection.scan_event import ScanEvent, Via
from detection.stamp_context import StampContext
from detection.user_agent import AgentClass, AgentClassifier
from stamps.errors import VeritemError
from stamps.lifecycle import State
from stamps.timestamps import parse_rfc3339

DEFAULT_ACCURACY_M: Final = 100.0
"""Accuracy of a place that states none: a phone's fix in a town."""

_VIA: Final = {via.value: via for via in Via}
_CACHED_HOURS: Final = 100_000
_LONG_AGO: Final = -(1 << 63)
_NO_AGENT: Final = AgentClass.NONE
# Milliseconds of `:MM:SSZ` within its hour.
_WITHIN_HOUR: Final = {
    f":{second // 60:02d}:{second % 60:02d}Z": second * 1000 for second in range(3600)
}


class UnreadableRecording(VeritemError):
    """A line of a recording lacks what it must have; `line` counts from 1."""

    code = "unreadable-recording"
    message = "line {line}: {why}"


class IntroducedStamp:
    """Content of a `stamp` line: the stamp's context before and after activation, its batch."""

    __slots__ = ("_active", "_active_since", "_inactive", "_with_evidence", "batch")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        batch, market = fields.get("batch"), fields.get("market") or ()
        activated, expires = fields.get("activated_at"), fields.get("expires_at")
        packed = fields.get("packed")
        self.batch = None if batch is None else str(batch)
        self._active = StampContext(
            state=State(fields.get("state") or (State.ACTIVATED if activated else State.PRINTED)),
            activated_at=parse_rfc3339(activated) if activated else None,
            packed=_parse_place(packed) if packed else None,
            shelf_life_days=fields.get("shelf_life_days"),
            expires_at=parse_rfc3339(expires) if expires else None,
            market=(market,) if isinstance(market, str) else tuple(market),
        )
        since = self._active.activated_at
        self._active_since = _LONG_AGO if since is None else since
        self._inactive = replace(self._active, state=State.PRINTED)
        self._with_evidence: dict[tuple[bool, float], StampContext] = {}

    def context_at(self, at: int, batch_evidence: float = 0.0) -> StampContext:
        """Return the context at a time: a stamp is not in use before its activation.

        The same arguments return the same object.
        """
        inactive = at < self._active_since
        context = self._inactive if inactive else self._active
        if not batch_evidence:
            return context
        key = inactive, batch_evidence
        found = self._with_evidence.get(key)
        if found is None:
            found = self._with_evidence[key] = replace(context, batch_evidence=batch_evidence)
        return found

    @property
    def context(self) -> StampContext:
        """The context after the activation, if there is one."""
        return self._active


class ScanParser:
    """Parses `scan` lines; `provinces` has the place of each province by its code."""

    def __init__(self, provinces: Mapping[str, Place]) -> None:
        self._provinces = provinces
        self._agents = AgentClassifier()
        self._hours: dict[str, int] = {}

    def parse_scan(self, fields: dict[str, Any]) -> ScanEvent:
        """Return the scan event of a `scan` line.

        A place given as an unknown province is no place.

        Raises:
            KeyError, TypeError, ValueError: a field is missing or malformed.
        """
        text = fields["at"]
        if not isinstance(text, str):
            raise TypeError(f"{text!r} is not an RFC 3339 timestamp")
        try:
            at = self._hours[text[:13]] + _WITHIN_HOUR[text[13:]]
        except KeyError:  # another form, or the first timestamp of this hour
            at = self._parse_timestamp(text)
        via = _VIA.get(fields.get("via", "page"))
        if via is None:
            raise ValueError(f"via is {fields['via']!r}, not one of {', '.join(_VIA)}")
        device, network = fields.get("device"), fields.get("net")
        said, agent = fields.get("place"), fields.get("user_agent")
        province = place = None
        if said is not None:
            province = said.get("province")
            place = self._provinces.get(province) if province else _parse_place(said)
        return ScanEvent(
            at=at,
            device=crc32(device.encode()) if isinstance(device, str) else device,
            network=crc32(network.encode()) if isinstance(network, str) else network,
            place=place,
            country=fields.get("country"),
            via=via,
            province=province,
            agent=self._agents.classify(agent) if agent else _NO_AGENT,
        )

    def _parse_timestamp(self, text: str) -> int:
        at = parse_rfc3339(text)
        within = _WITHIN_HOUR.get(text[13:])
        if within is not None:
            if len(self._hours) >= _CACHED_HOURS:
                self._hours.clear()
            self._hours[text[:13]] = at - within
        return at


def parse_report(fields: Mapping[str, Any]) -> ReportedStamp:
    """Return the report of a `report` line. A kind that does not weigh is no error.

    Raises:
        KeyError, TypeError, ValueError: a field is missing or malformed.
    """
    at, kind = fields["at"], fields["kind"]
    if not isinstance(at, str):
        raise TypeError(f"{at!r} is not an RFC 3339 timestamp")
    if not isinstance(kind, str):
        raise TypeError(f"{kind!r} is not a kind of report")
    return ReportedStamp(
        at=parse_rfc3339(at),
        kind=kind,
        device=_hash_name(fields.get("device")),
        network=_hash_name(fields.get("net")),
        weighs=not fields.get("crowded"),
    )


def _hash_name(name: Any) -> int | None:
    if name is None:
        return None
    return crc32(str(name).encode())


def _parse_place(fields: Mapping[str, Any]) -> Place:
    lat, lon = float(fields["lat"]), float(fields["lon"])
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ValueError(f"place {lat}, {lon} is not on earth")
    accuracy = fields.get("accuracy_m")
    return Place(lat, lon, DEFAULT_ACCURACY_M if accuracy is None else float(accuracy))
