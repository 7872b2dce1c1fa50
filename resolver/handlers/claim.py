"""`POST /v1/claims`: the PIN under the scratch layer, once. Tries are counted and then locked."""

import hmac

from ledger.errors import StorageFailed
from resolver.errors import NoPin, NotClaimable, PinLocked, Unavailable, WrongPin
from resolver.handlers.context import Service
from resolver.http import replies
from resolver.http.negotiation import body_of, language_of, text
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.scan_service import ResolvedStamp
from resolver.texts import WORDS
from resolver.urls import StampRequest
from stamps.lifecycle import State, Transition
from stamps.spans import TransitionConflict
from stamps.timestamps import format_rfc3339


class Claims:
    """Answers claims."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """Claim the stamp, or say why not."""
        service = self._service
        body, is_form = await body_of(request, service.settings.body_seconds)
        service.limited_write(request)
        found = await service.scan_service.resolve_stamp(StampRequest(text(body, "code")))
        pin = "".join(character for character in text(body, "pin", 20) if character.isdigit())
        try:
            at = await self._claim(found, pin)
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        language = language_of(request)
        message = WORDS[language]("claim.done")
        if is_form:
            title = WORDS[language]("claim.title")
            return replies.page(
                request, service.pages.message("authentic", title, message, language)
            )
        return replies.document(
            {
                "code": found.code,
                "claimed": True,
                "claimed_at": format_rfc3339(at),
                "message": message,
            }
        )

    async def _claim(self, found: ResolvedStamp, pin: str) -> int:
        service, (_, batch, index) = self._service, found.stamp
        ledger, state = service.dependencies.ledger, found.state.context.state
        if not found.state.batch.has_pin:
            raise NoPin
        if state is not State.ACTIVATED:
            raise NotClaimable(state=str(state))
        now = service.clock()
        right = hmac.compare_digest(
            pin.encode(), service.dependencies.keys.derive_pin(found.stamp).encode()
        )
        tries = await ledger.claims.attempt(batch, index, right, now)
        if tries.locked_until is not None and tries.locked_until > now:
            raise PinLocked(locked_until=tries.locked_until)
        if not right:
            raise WrongPin
        try:
            moved = await ledger.transitions.apply(
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
        if moved.repeated:  # two at once with the right PIN: the first has it
            raise NotClaimable(state="claimed or blocked meanwhile")
        await service.dependencies.batch_cache.refresh()
        return now
