"""`POST /v1/scans`: a page confirms its scan, or an app's or inspector's device sends one.

The page's script sends JSON and asks for `text/html`: it is given the verdict anew. The page's
form, where no script runs, is given a whole page. Everybody else is given JSON.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from detection.scan_event import Via
from resolver.errors import MalformedBody, UnknownKey
from resolver.handlers.context import Service
from resolver.http import replies
from resolver.http.negotiation import (
    body_of,
    device_cookie,
    language_of,
    number,
    text,
    wants_page,
)
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.privacy.pseudonyms import COOKIE, generate_device_name, parse_device_cookie
from resolver.scan_service import ResolvedStamp, Scan, Where, rounded, somewhere_in
from resolver.settings import ResolverSettings
from resolver.urls import StampRequest
from traceability.places import UnknownPlace

_PAGE: Final = Via.PAGE


class Scans:
    """Answers scans."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._apps = dict(_app(line) for line in service.settings.app_keys)
        self._cookie_terms = _cookie_terms(service.settings)

    async def answer(self, request: Request) -> Response:
        """Count the scan, then answer what is now known of the stamp."""
        service = self._service
        body, is_form = await body_of(request, service.settings.body_seconds)
        found = await service.scan_service.resolve_stamp(StampRequest(text(body, "code")))
        now = service.clock()
        headers: dict[str, str] = {}
        if "authorization" in request.headers:
            scan = self._from_app(request, body, found, now)
        else:
            scan = self._from_page(request, body, found, now, headers)
        answer = await service.scan_service.record_scan(found, scan)
        service.metrics.scans[answer.kind] += 1
        token = service.tokens.issue(found.code, now)
        if is_form:
            pieces = service.pages.verdict(answer, language_of(request), token)
            return replies.page(request, pieces, headers=headers)
        if wants_page(request):
            section = service.pages.section(answer, language_of(request), token)
            return replies.page(request, [section], headers=headers)
        told = answer.to_document()
        told["token"] = token
        return replies.document(told, headers=headers)

    def _from_page(
        self,
        request: Request,
        body: Mapping[str, Any],
        found: ResolvedStamp,
        now: int,
        headers: dict[str, str],
    ) -> Scan:
        service = self._service
        name = service.tokens.verify(text(body, "token"), found.code, now)
        where = _where(body)
        device = parse_device_cookie(device_cookie(request))
        if device is None:
            device = generate_device_name()
            headers["Set-Cookie"] = f"{COOKIE}={device}{self._cookie_terms}"
        return self._scan(request, name, found, now, device, where, _PAGE)

    def _from_app(
        self, request: Request, body: Mapping[str, Any], found: ResolvedStamp, now: int
    ) -> Scan:
        """An app names its scan by `Idempotency-Key`; sent again it is the same scan."""
        kind, _, key = request.headers["authorization"].partition(" ")
        known = self._apps.get(hashlib.sha256(key.strip().encode()).hexdigest())
        if known is None or kind.lower() != "bearer":
            raise UnknownKey
        app, via = known
        named = request.headers.get("idempotency-key")
        name = secrets.token_bytes(16)
        if named:
            name = hashlib.blake2b(f"{app} {named}".encode(), digest_size=16).digest()
        device = text(body, "device", 64) if "device" in body else ""
        return self._scan(request, name, found, now, f"{app} {device}", _where(body), via)

    def _scan(
        self,
        request: Request,
        name: bytes,
        found: ResolvedStamp,
        now: int,
        device: str,
        where: Where | None,
        via: Via,
    ) -> Scan:
        service = self._service
        country = service.clients.country(request)
        if country is None and where is not None and where.province is not None:
            country = "VN"
        return Scan(
            name,
            now,
            service.pseudonyms.hash_device(device, found.stamp),
            service.pseudonyms.hash_network(service.clients.network(request), found.stamp),
            where,
            country,
            via,
            service.clients.agent_class(request),
        )


def _cookie_terms(settings: ResolverSettings) -> str:
    """What a device's cookie says beside its name."""
    secure = "; Secure" if settings.public_url.startswith("https:") else ""
    age = settings.device_days * 86_400
    return f"; Path=/v1; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"


def _where(body: Mapping[str, Any]) -> Where | None:
    """The place that was given: degrees, a province, or none. Raises `MalformedBody`."""
    place = body.get("place")
    if place is None and body.get("province"):
        place = {"province": body["province"]}
    if place is None:
        return None
    if not isinstance(place, dict):
        raise MalformedBody(field="place", why="must be an object or null")
    if "province" in place:
        try:
            return somewhere_in(text(place, "province", 2))
        except UnknownPlace:
            raise MalformedBody(field="place.province", why="is no province in force") from None
    accuracy = number(place, "accuracy_m", 0, 1e7) if "accuracy_m" in place else 100.0
    return rounded(number(place, "lat", -90, 90), number(place, "lon", -180, 180), accuracy)


def _app(line: str) -> tuple[str, tuple[str, Via]]:
    """`name:app:SHA256` of the settings as `(SHA256, (name, via))`."""
    name, via, digest = line.split(":")
    return digest.lower(), (name, Via(via))
