"""`POST /v1/scans` with a signed scan (`application/jose`): the scan of an enrolled device.

The body is a compact JWS (`stamps.signed_scan`). Nothing else of the request is authority: there is
no cookie and no key, so pages of every origin may send it (CORS), the inspectors' application too.

The signature of a stamp of a signed batch goes beside the body, as in a GS1 address: `?8030=`.
Without it the answer is `caution` at best.

A signed scan has the time that its device signed: at most ten minutes ahead of ours, and not older
than `signed_scan_hours`, for devices that were offline. It counts once, whenever it is sent again.
"""

from collections.abc import Mapping
from typing import Final

from detection.scan_event import Via
from ledger.storage.storage_errors import StorageFailed
from resolver.enrolled import UnprovenScan, check_signature
from resolver.enrolled.proof import CLOCK_ERROR_MS, NOT_ENROLLED_THEN, locate_signed_place
from resolver.errors import SignedTooEarly, SignedTooLate, Unavailable
from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import json_response
from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from resolver.privacy.tokens import UsedToken
from resolver.scan_place import Provinces
from resolver.scan_service import Scan
from resolver.urls import StampRequest
from stamps.compact_jws import MEDIA_TYPE
from stamps.signed_scan import MalformedScan, SignedScan, parse_signed_scan
from traceability.administrative_units import UnknownPlace
from traceability.stamp_reader import get_query_parameter
from web.request_parsing import check_content_encoding, parse_media_type

ANY_ORIGIN: Final[Mapping[str, str]] = {"Access-Control-Allow-Origin": "*"}
SIGNATURE_PARAMETER: Final = "8030"
_HOUR_MS: Final = 3_600_000
_PREFLIGHT: Final = HeaderBlock(
    {
        **ANY_ORIGIN,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "86400",
    }
)


def is_signed_scan(request: Request) -> bool:
    """Whether the body is a signed scan, by its media type."""
    return parse_media_type(request.headers.get("content-type", "")) == MEDIA_TYPE


def answer_preflight() -> Response:
    """The answer to a browser that asks whether another origin's page may send a scan (CORS)."""
    return _PREFLIGHT.respond(b"", 204)


class SignedScanHandler:
    """Answers the scans of enrolled devices, in JSON."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._provinces = Provinces()
        self._oldest_ms = context.settings.signed_scan_hours * _HOUR_MS

    async def respond(self, request: Request) -> Response:
        """Record the scan, then answer what is now known of the stamp."""
        context = self._context
        check_content_encoding(request.headers.get("content-encoding", ""))
        signed = _parse_body(request.body)
        query = request.target.partition("?")[2]
        stamp_request = StampRequest(signed.code, get_query_parameter(query, SIGNATURE_PARAMETER))
        found = await context.scan_service.resolve_stamp(stamp_request)
        now = context.clock()
        via = await self._verify(request, signed, now)
        self._check_time(signed.at, now)
        stamp = found.stamp
        try:
            where = locate_signed_place(signed.place, self._provinces)
        except UnknownPlace:
            raise MalformedScan(why="its place is no province in force") from None
        try:
            repeated = await context.dependencies.ledger.scans.has(
                stamp.batch, stamp.index, signed.at, signed.scan_id
            )
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        if repeated:
            raise UsedToken
        country = context.locator.country(request)
        if country is None and where is not None and where.province is not None:
            country = "VN"
        scan = Scan(
            scan_id=signed.scan_id,
            at=signed.at,
            device=context.pseudonyms.hash_device(f"enrolled {signed.device}", stamp),
            net=context.pseudonyms.hash_network(context.locator.witness(request), stamp),
            where=where,
            country=country,
            via=via,
            agent_class=context.agents.classify(request.headers.get("user-agent", "")),
            signed=request.body.decode(),
        )
        answer = await context.scan_service.record_scan(found, scan)
        context.metrics.scans[answer.kind] += 1
        context.metrics.signed_scans[str(via)] += 1
        return json_response(answer.to_document(context.format_time), headers=ANY_ORIGIN)

    async def _verify(self, request: Request, signed: SignedScan, now: int) -> Via:
        """Return the kind of the scan. Raises `UnprovenScan`, `Unavailable`, `TooManyRequests`."""
        context = self._context
        if context.dependencies.batch_cache.is_stale(now):
            # Whether the device was revoked is not known now; it sends the scan again.
            raise Unavailable(what="the ledger")

        async def admit() -> None:
            await context.unknown_limit.count_request(context.locator.network(request))

        device = await context.devices.find(signed.device, admit)
        via = Via(check_signature(signed, device))
        if device is not None and device.revoked_at is not None:
            raise UnprovenScan(why=NOT_ENROLLED_THEN)
        return via

    def _check_time(self, at: int, now: int) -> None:
        if at > now + CLOCK_ERROR_MS:
            raise SignedTooEarly(ahead=(at - now) // 1000)
        if at < now - self._oldest_ms:
            raise SignedTooLate(limit=self._oldest_ms // _HOUR_MS)


def _parse_body(body: bytes) -> SignedScan:
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedScan(why="it is not ASCII") from None
    return parse_signed_scan(text)
