"""One authenticated request to `/epcis`, and the header fields that every answer has."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from desk.runtime import DeskRuntime
from services import ServiceContext
from services.record.event_captures import MOST_BYTES, MOST_EVENTS
from stamps.errors import VeritemError
from web.errors import UnsupportedMedia
from web.request_parsing import JSON

JSON_LD: Final = "application/ld+json"
PREFIX: Final = "/epcis"
VERSION: Final = "2.0.0"
"""The version of EPCIS and of CBV that is spoken."""
_VERSIONS: Final[Mapping[str, str]] = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-CBV-Min": VERSION,
    "GS1-CBV-Max": VERSION,
}
HEADERS: Final[Mapping[str, str]] = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPC-Format": "Never_Translates",
}
"""Header fields of every answer: identifiers are told as they were captured."""
DISCOVERY: Final[Mapping[str, str]] = {
    **_VERSIONS,
    "GS1-EPC-Format": "Never_Translates",
    "GS1-EPCIS-Capture-Limit": str(MOST_EVENTS),
    "GS1-EPCIS-Capture-File-Size-Limit": str(MOST_BYTES),
    "GS1-Capture-Error-Behaviour": "rollback, proceed",
}
"""Header fields of the answer to `OPTIONS`."""
_FORMATS: Final = frozenset({"No_Preference", "Never_Translates"})
_MEDIA: Final = (JSON, JSON_LD)


class NotAcceptable(VeritemError):
    """The header fields of a request ask for what is not spoken here."""

    code = "not-acceptable"
    message = "{header}: {why}"


@dataclass(frozen=True, slots=True)
class EpcisCall:
    """One request of an authenticated account."""

    request: web.Request
    runtime: DeskRuntime
    context: ServiceContext

    @property
    def path(self) -> Mapping[str, str]:
        """The values in the address."""
        return self.request.match_info


def check_headers(request: web.Request) -> None:
    """Refuse versions, media types and formats that are not spoken here.

    Raises `NotAcceptable`, `UnsupportedMedia`.
    """
    headers = request.headers
    for kind in ("EPCIS", "CBV"):
        names = [f"GS1-{kind}-{name}" for name in ("Min", "Max", "Version")]
        least, most, version = (_read_version(name, headers.get(name, VERSION)) for name in names)
        if least > _OWN or most < _OWN[: len(most)] or version[:2] != _OWN[:2]:
            raise NotAcceptable(header=f"GS1-{kind}-*", why=f"version {VERSION} is spoken here")
    wanted = headers.get("GS1-EPC-Format", "No_Preference")
    if wanted not in _FORMATS:
        why = "identifiers are told as they were captured: Never_Translates"
        raise NotAcceptable(header="GS1-EPC-Format", why=why)
    accepted = headers.get("Accept", "*/*")
    if not any(one in accepted for one in (*_MEDIA, "*/*", "application/*")):
        raise NotAcceptable(header="Accept", why=f"answers are {JSON} or {JSON_LD}")
    if request.body_exists and request.content_type not in _MEDIA:
        raise UnsupportedMedia(allowed=", ".join(_MEDIA))


def _read_version(header: str, text: str) -> tuple[int, ...]:
    found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,3}){0,2})\s*", text, re.ASCII)
    if found is None:
        raise NotAcceptable(header=header, why=f"is no version; {VERSION} is spoken here")
    return tuple(map(int, found[1].split(".")))


_OWN: Final = _read_version("", VERSION)


def answer_json(
    call: EpcisCall, document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer; as JSON-LD where that alone is accepted."""
    accepted = call.request.headers.get("Accept", "*/*")
    is_ld = JSON_LD in accepted and JSON not in accepted
    return web.Response(
        body=orjson.dumps(document),
        status=status,
        headers={
            "Content-Type": JSON_LD if is_ld else JSON,
            "Vary": "Accept",
            **HEADERS,
            **(headers or {}),
        },
    )
