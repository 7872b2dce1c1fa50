"""`POST /v1/scans`: a page confirms its scan, or an app or an enrolled device sends one.

The page's script sends JSON and accepts `text/html`: its answer is the verdict section of the page.
The page's form, where no script runs, is redirected to the page. Everybody else gets JSON.

A scan of a signed stamp whose signature was not seen is recorded, and answered `caution`. The page
shows by its token that it was opened with the signature; everybody else sends it with the code.

An app with a shared key weighs as a page does: whoever knows the key can claim any place. Enrolled
devices sign their scans (`resolver.handlers.signed_scan`).
"""

import hashlib
import secrets
from typing import Final

from detection.scan_event import Via
from resolver.errors import UnknownKey
from resolver.handlers.bodies import ScanBody, parse_body
from resolver.handlers.context import HandlerContext
from resolver.handlers.device_cookie import DeviceCookie
from resolver.handlers.form_page import NOTED, find_page
from resolver.handlers.responses import json_response, page_response, redirect_response
from resolver.handlers.signed_scan import SignedScanHandler, answer_preflight, is_signed_scan
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.scan_place import Provinces, ScanPlace, round_place
from resolver.scan_service import ResolvedStamp, Scan
from resolver.urls import parse_code_field
from traceability.administrative_units import UnknownPlace
from web.errors import MalformedBody

_PAGE: Final = Via.PAGE


class ScanHandler:
    """Answers scans."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._provinces = Provinces()
        self._signed_scans = SignedScanHandler(context)
        self._apps = dict(_parse_app_key(line) for line in context.settings.app_keys)
        self._cookie = DeviceCookie(context.settings)

    async def respond(self, request: Request) -> Response:
        """Record the scan, then answer what is now known of the stamp."""
        if request.method == "OPTIONS":
            return answer_preflight()
        if is_signed_scan(request):
            return await self._signed_scans.respond(request)
        context = self._context
        body = parse_body(request, ScanBody)
        found = await context.scan_service.resolve_stamp(parse_code_field(body.code))
        if found.lacks_signature and context.tokens.shows_signature(body.token or "", found.code):
            # The page was opened with the signature; its script and form send the code alone.
            found = found.with_signature()
        now = context.clock()
        headers: dict[str, str] = {}
        if "authorization" in request.headers:
            scan = self._scan_of_app(request, body, found, now)
        else:
            scan = self._scan_of_page(request, body, found, now, headers)
        answer = await context.scan_service.record_scan(found, scan)
        context.metrics.scans[answer.kind] += 1
        token = context.tokens.issue(found.code, now, signed=found.shows_signature)
        preferences = context.negotiate(request)
        if is_form(request):
            page = find_page(found.code, body.signature)
            return redirect_response(f"{page}?lang={preferences.language}{NOTED}", headers)
        if preferences.page:
            section = context.pages.render_section(answer, preferences.language, token)
            return page_response([section], gzip=preferences.gzip, headers=headers)
        document = answer.to_document(context.format_time)
        document["token"] = token
        return json_response(document, headers=headers)

    def _scan_of_page(
        self,
        request: Request,
        body: ScanBody,
        found: ResolvedStamp,
        now: int,
        headers: dict[str, str],
    ) -> Scan:
        """A page's scan, named by its token. A new device gets a cookie in `headers`."""
        if body.token is None:
            raise MalformedBody(field="token", why="is missing")
        name = self._context.tokens.verify(body.token, found.code, now)
        where = _parse_place(body, self._provinces)
        device, cookie = self._cookie.identify(request)
        headers.update(cookie)
        return self._scan(request, name, found, now, device, where)

    def _scan_of_app(
        self, request: Request, body: ScanBody, found: ResolvedStamp, now: int
    ) -> Scan:
        """An app's scan, named by `Idempotency-Key`: sent again it is the same scan."""
        scheme, _, key = request.headers["authorization"].partition(" ")
        app = self._apps.get(hashlib.sha256(key.strip().encode()).hexdigest())
        if app is None or scheme.lower() != "bearer":
            raise UnknownKey
        idempotency_key = request.headers.get("idempotency-key")
        name = secrets.token_bytes(16)
        if idempotency_key:
            name = hashlib.blake2b(f"{app} {idempotency_key}".encode(), digest_size=16).digest()
        device = f"{app} {body.device}"
        where = _parse_place(body, self._provinces)
        return self._scan(request, name, found, now, device, where)

    def _scan(
        self,
        request: Request,
        name: bytes,
        found: ResolvedStamp,
        now: int,
        device: str,
        where: ScanPlace | None,
    ) -> Scan:
        context = self._context
        country = context.locator.country(request)
        witness = context.locator.witness(request)
        if country is None and where is not None and where.province is not None:
            country = "VN"
        return Scan(
            scan_id=name,
            at=now,
            device=context.pseudonyms.hash_device(device, found.stamp),
            net=context.pseudonyms.hash_network(witness, found.stamp),
            where=where,
            country=country,
            via=_PAGE,
            agent_class=context.agents.classify(request.headers.get("user-agent", "")),
            witness=witness,
        )


def _parse_place(body: ScanBody, provinces: Provinces) -> ScanPlace | None:
    """The place that the client gave: degrees, a province, or none. Raises `MalformedBody`."""
    place = body.place
    province = body.province or None if place is None else place.province
    if province is not None:
        try:
            return provinces.locate_scan(province)
        except UnknownPlace:
            raise MalformedBody(field="place.province", why="is no province in force") from None
    if place is None:
        return None
    if place.lat is None or place.lon is None:
        raise MalformedBody(field="place", why="has lat and lon, or province")
    return round_place(place.lat, place.lon, place.accuracy_m)


def _parse_app_key(line: str) -> tuple[str, str]:
    """`NAME:app:SHA256` of the settings as `(SHA256, NAME)`."""
    name, _, digest = line.split(":")
    return digest.lower(), name
