"""`POST /v1/claims`: the PIN under the scratch layer, once. The claim service checks it.

The right PIN of a claimed stamp is answered with the date of the claim. From another device on
another network it is a suspicion, which the journal reports.
"""

from typing import NamedTuple

from ledger.storage.storage_errors import StorageFailed
from resolver.errors import (
    AlreadyClaimed,
    ClaimsDown,
    NoPin,
    NotClaimable,
    PinLocked,
    Unavailable,
    WrongPin,
)
from resolver.handlers.bodies import ClaimBody, parse_body
from resolver.handlers.context import HandlerContext
from resolver.handlers.device_cookie import DeviceCookie
from resolver.handlers.form_page import find_form_page
from resolver.handlers.responses import json_response, page_response
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.scan_service import ResolvedStamp
from resolver.texts import WORDS
from resolver.urls import parse_code_field
from stamps.errors import UnknownCode, VeritemError
from stamps.timestamps import format_rfc3339
from stamps.typed_text import normalize_typed_text
from web.claim_exchange import ClaimAnswer, ClaimQuestion, ClaimResult, ClaimsUnavailable
from web.errors import TooManyRequests
from web.i18n import format_moment


class _Claim(NamedTuple):
    """A claim by the one who asks: its time (ms), and whether it was made before."""

    at: int
    is_repeated: bool


class ClaimHandler:
    """Answers claims."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._cookie = DeviceCookie(context.settings)

    async def respond(self, request: Request) -> Response:
        """Claim the stamp, or say why not."""
        context = self._context
        body = parse_body(request, ClaimBody)
        await context.count_write(request)
        found = await context.scan_service.resolve_stamp(parse_code_field(body.code))
        device, headers = self._cookie.identify(request)
        network = context.locator.network(request)
        question = ClaimQuestion(
            epoch=found.stamp.epoch,
            batch=found.stamp.batch,
            index=found.stamp.index,
            pin="".join(c for c in normalize_typed_text(body.pin) if c.isdecimal()),
            device=context.pseudonyms.hash_device(device, found.stamp),
            net=context.pseudonyms.hash_network(network, found.stamp),
            network=context.pseudonyms.hash_claim_network(network),
        )
        try:
            claim = await self._claim(found, question)
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        preferences = context.negotiate(request)
        words = WORDS[preferences.language]
        message = words("claim.done")
        if claim.is_repeated:
            message = words("claim.again", time=format_moment(claim.at, preferences.language))
        if is_form(request):
            page = find_form_page(request)
            pieces = context.pages.render_message(
                "authentic",
                words("claim.title"),
                message,
                preferences.language,
                page,
                switch=page or "/",
            )
            return page_response(pieces, gzip=preferences.gzip, headers=headers)
        return json_response(
            {
                "code": found.code,
                "claimed": True,
                "claimed_at": format_rfc3339(claim.at),
                "message": message,
            },
            headers=headers,
        )

    async def _claim(self, found: ResolvedStamp, question: ClaimQuestion) -> _Claim:
        """Ask the claim service. Raises `AlreadyClaimed` to everybody but the first."""
        dependencies = self._context.dependencies
        if not found.state.batch.has_pin:
            raise NoPin  # as the claim service would answer
        try:
            answer = await dependencies.claims.claim(question)
        except ClaimsUnavailable as error:
            raise ClaimsDown(what="the check of PINs") from error
        if answer.result is ClaimResult.CLAIMED:
            await dependencies.batch_cache.refresh()
        if answer.is_suspicious:
            await dependencies.batch_cache.reload_batch(question.batch)
            await dependencies.journal.report_claims()
        if answer.claimed_at is not None:
            if answer.result is ClaimResult.CLAIMED:
                return _Claim(answer.claimed_at, is_repeated=False)
            if answer.result is ClaimResult.REPEATED:
                return _Claim(answer.claimed_at, is_repeated=True)
        raise self._build_refusal(answer)

    def _build_refusal(self, answer: ClaimAnswer) -> VeritemError:
        """The error that says why the stamp was not claimed."""
        until = answer.until or 0
        seconds = max(1, -(-(until - self._context.clock()) // 1000))
        match answer.result:
            case ClaimResult.ALREADY_CLAIMED:
                return AlreadyClaimed(claimed_at=answer.claimed_at)
            case ClaimResult.WRONG_PIN:
                return WrongPin()
            case ClaimResult.NO_PIN:
                return NoPin()
            case ClaimResult.NOT_CLAIMABLE:
                return NotClaimable(state=answer.state)
            case ClaimResult.PIN_LOCKED:
                return PinLocked(locked_until=until, seconds=seconds)
            case ClaimResult.TOO_MANY:
                return TooManyRequests(seconds=seconds)
            case ClaimResult.UNKNOWN:
                return UnknownCode(text="")
            case _:
                return Unavailable(what="the check of PINs")
