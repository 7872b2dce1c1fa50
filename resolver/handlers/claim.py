"""`POST /v1/claims`: the PIN under the scratch layer, once. Tries have budgets by network.

The right PIN of a claimed stamp is answered with the date of the claim. From another device on
another network it is a suspicion, which the journal reports.
"""

import hmac
from typing import NamedTuple

from ledger import Claimant
from ledger.errors import StorageFailed
from ledger.transitions import claim_key
from resolver.errors import (
    AlreadyClaimed,
    NoPin,
    NotClaimable,
    Unavailable,
    WrongPin,
)
from resolver.handlers.bodies import ClaimBody, parse_body
from resolver.handlers.context import HandlerContext
from resolver.handlers.device_cookie import DeviceCookie
from resolver.handlers.responses import json_response, page_response
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.scan_service import ResolvedStamp
from resolver.texts import WORDS
from resolver.urls import parse_code_field
from stamps.lifecycle import State, Transition
from stamps.pin_ring import PIN_DIGITS
from stamps.spans import TransitionConflict
from stamps.timestamps import format_rfc3339
from stamps.typed_text import normalize_typed_text
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
        pin = "".join(c for c in normalize_typed_text(body.pin) if c.isdecimal())
        device, headers = self._cookie.identify(request)
        network = context.locator.network(request)
        claimant = Claimant(
            context.pseudonyms.hash_device(device, found.stamp),
            context.pseudonyms.hash_network(network, found.stamp),
        )
        try:
            claim = await self._claim(found, pin, claimant, network)
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        preferences = context.negotiate(request)
        words = WORDS[preferences.language]
        message = words("claim.done")
        if claim.is_repeated:
            message = words("claim.again", time=format_moment(claim.at, preferences.language))
        if is_form(request):
            pieces = context.pages.render_message(
                "authentic", words("claim.title"), message, preferences.language
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

    async def _claim(
        self, found: ResolvedStamp, pin: str, claimant: Claimant, network: str
    ) -> _Claim:
        """Check the PIN and claim. Raises `AlreadyClaimed` to everybody but the first."""
        dependencies, (_, batch, index) = self._context.dependencies, found.stamp
        ledger, state = dependencies.ledger, found.state.context.state
        if not found.state.batch.has_pin:
            raise NoPin
        if state not in (State.ACTIVATED, State.CLAIMED):
            raise NotClaimable(state=str(state))
        if len(pin) != PIN_DIGITS:
            raise WrongPin  # it can not be right, so it needs no budget
        await self._context.pin_budget.count_try(found.stamp, network)
        now = self._context.clock()
        is_right = hmac.compare_digest(
            pin.encode(), dependencies.pins.derive_pin(found.stamp).encode()
        )
        attempts = await ledger.claims.record_attempt(
            batch, index, is_right, now, claimant=claimant
        )
        if not is_right:
            raise WrongPin
        try:
            applied = await ledger.transitions.apply(
                batch,
                index,
                index + 1,
                Transition.CLAIM,
                actor="consumer",
                key=claim_key(batch, index),
                at=now,
            )
        except TransitionConflict:
            raise NotClaimable(state="blocked meanwhile") from None
        if not applied.repeated:
            await dependencies.batch_cache.refresh()
            return _Claim(applied.at, is_repeated=False)
        if attempts.others:
            await dependencies.batch_cache.reload_batch(batch)
            await dependencies.journal.report_claims()
        if attempts.first is None or attempts.first.device != claimant.device:
            raise AlreadyClaimed(claimed_at=applied.at)
        return _Claim(applied.at, is_repeated=True)
