"""`POST /v1/claims`: the PIN under the scratch layer, once. Wrong tries are counted and locked."""

import hmac

from ledger.errors import StorageFailed
from resolver.errors import NoPin, NotClaimable, PinLocked, Unavailable, WrongPin
from resolver.handlers.bodies import ClaimBody, parse_body
from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import json_response, page_response
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.scan_service import ResolvedStamp
from resolver.texts import WORDS
from resolver.urls import parse_code_field
from stamps.lifecycle import State, Transition
from stamps.spans import TransitionConflict
from stamps.timestamps import format_rfc3339


class ClaimHandler:
    """Answers claims."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context

    async def respond(self, request: Request) -> Response:
        """Claim the stamp, or say why not."""
        context = self._context
        body = parse_body(request, ClaimBody)
        await context.count_write(request)
        found = await context.scan_service.resolve_stamp(parse_code_field(body.code))
        pin = "".join(character for character in body.pin if character.isdigit())
        try:
            at = await self._claim(found, pin)
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        preferences = context.negotiate(request)
        words = WORDS[preferences.language]
        message = words("claim.done")
        if is_form(request):
            pieces = context.pages.render_message(
                "authentic", words("claim.title"), message, preferences.language
            )
            return page_response(pieces, gzip=preferences.gzip)
        return json_response(
            {
                "code": found.code,
                "claimed": True,
                "claimed_at": format_rfc3339(at),
                "message": message,
            }
        )

    async def _claim(self, found: ResolvedStamp, pin: str) -> int:
        """Check the PIN and claim; the time of the claim (ms)."""
        dependencies, (_, batch, index) = self._context.dependencies, found.stamp
        ledger, state = dependencies.ledger, found.state.context.state
        if not found.state.batch.has_pin:
            raise NoPin
        if state is not State.ACTIVATED:
            raise NotClaimable(state=str(state))
        now = self._context.clock()
        is_right = hmac.compare_digest(
            pin.encode(), dependencies.keys.derive_pin(found.stamp).encode()
        )
        attempts = await ledger.claims.record_attempt(batch, index, is_right, now)
        if attempts.locked_until is not None and attempts.locked_until > now:
            raise PinLocked(locked_until=attempts.locked_until)
        if not is_right:
            raise WrongPin
        try:
            applied = await ledger.transitions.apply(
                batch,
                index,
                index + 1,
                Transition.CLAIM,
                actor="consumer",
                key=f"claim:{batch}:{index}",
                at=now,
            )
        except TransitionConflict:
            raise NotClaimable(state="claimed or blocked meanwhile") from None
        if applied.repeated:  # of two with the right PIN at once, the first has claimed
            raise NotClaimable(state="claimed or blocked meanwhile")
        await dependencies.batch_cache.refresh()
        return now
