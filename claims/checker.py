"""Checks a PIN and records the claim: everything that decides about a claim is here.

The checker trusts the asking service in nothing but the pseudonyms: it looks the stamp up, counts
the try, compares the PIN in constant time, and records the attempt and then the transition. A right
PIN that is asked again after a crash or a lost answer finds what was recorded, so nothing is lost
and nothing is claimed twice.
"""

import hmac
from collections import Counter
from collections.abc import Callable

from claims.pin_budget import PinBudget, WrongPins
from claims.settings import ClaimSettings
from ledger import Claimant, Ledger
from ledger.errors import UnknownBatch
from ledger.stamps.transitions import claim_key
from ledger.storage.storage_errors import StorageFailed
from stamps.errors import UnknownCode
from stamps.lifecycle import State, Transition
from stamps.pin_ring import PIN_DIGITS, PinRing
from stamps.spans import SpanOutOfRange, TransitionConflict
from web.claim_exchange import ClaimAnswer, ClaimQuestion, ClaimResult, ClaimsUnavailable
from web.request_counter import RequestCounter

Clock = Callable[[], int]


class PinChecker:
    """Answers questions about PINs, from the ledger and the PIN keys of the epochs."""

    def __init__(
        self,
        ledger: Ledger,
        pins: PinRing,
        settings: ClaimSettings,
        *,
        counter: RequestCounter,
        clock: Clock,
        secret: bytes,
    ) -> None:
        self._ledger = ledger
        self._pins = pins
        self._clock = clock
        self._budget = PinBudget(counter, clock, secret=secret, per_minute=settings.pins_per_minute)
        self._wrong_pins = WrongPins(clock, settings.wrong_per_minute)
        self.answers: Counter[str] = Counter()
        """Number of answered questions, by result."""

    async def claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Check the PIN, and claim the stamp for the first who has it.

        Raises:
            ClaimsUnavailable: the ledger does not answer.
        """
        try:
            answer = await self._check_stamp(question) or await self._compare(question)
        except StorageFailed as error:
            raise ClaimsUnavailable(what="the ledger") from error
        self.answers[answer.result] += 1
        return answer

    async def check(self) -> None:
        """Raise `ClaimsUnavailable` unless the ledger answers."""
        try:
            await self._ledger.claims.get_attempts(0, 0)
        except StorageFailed as error:
            raise ClaimsUnavailable(what="the ledger") from error

    async def close(self) -> None:
        """The ledger belongs to whoever opened it."""

    async def _check_stamp(self, question: ClaimQuestion) -> ClaimAnswer | None:
        """The answer for a stamp that cannot be claimed by any PIN; None if it may be."""
        try:
            batch = await self._ledger.batches.get(question.batch)
            span = await self._ledger.transitions.get_span(question.batch, question.index)
        except (UnknownBatch, SpanOutOfRange):
            return ClaimAnswer(result=ClaimResult.UNKNOWN)
        if batch.epoch != question.epoch:
            return ClaimAnswer(result=ClaimResult.UNKNOWN)
        if not batch.has_pin:
            return ClaimAnswer(result=ClaimResult.NO_PIN)
        if span.state not in (State.ACTIVATED, State.CLAIMED):
            return ClaimAnswer(result=ClaimResult.NOT_CLAIMABLE, state=str(span.state))
        return None

    async def _compare(self, question: ClaimQuestion) -> ClaimAnswer:
        if len(question.pin) != PIN_DIGITS:
            return ClaimAnswer(result=ClaimResult.WRONG_PIN)  # no guess, so it needs no budget
        spent = self._wrong_pins.refuse()
        spent = spent or await self._budget.count_try(question.stamp, question.network)
        if spent is not None:
            return spent
        try:
            pin = self._pins.derive_pin(question.stamp)
        except UnknownCode:
            raise ClaimsUnavailable(what=f"the PIN key of epoch {question.epoch}") from None
        is_right = hmac.compare_digest(question.pin.encode(), pin.encode())
        if not is_right:
            self._wrong_pins.count_wrong()
        claimant = Claimant(question.device, question.net)
        now = self._clock()
        attempts = await self._ledger.claims.record_attempt(
            question.batch, question.index, is_right, now, claimant=claimant
        )
        if not is_right:
            return ClaimAnswer(result=ClaimResult.WRONG_PIN)
        try:
            applied = await self._ledger.transitions.apply(
                question.batch,
                question.index,
                question.index + 1,
                Transition.CLAIM,
                actor="consumer",
                key=claim_key(question.batch, question.index),
                at=now,
            )
        except TransitionConflict:
            return ClaimAnswer(result=ClaimResult.NOT_CLAIMABLE, state="blocked meanwhile")
        result = ClaimResult.CLAIMED
        if applied.repeated:
            is_first = attempts.first is not None and attempts.first.device == claimant.device
            result = ClaimResult.REPEATED if is_first else ClaimResult.ALREADY_CLAIMED
        return ClaimAnswer(
            result=result,
            claimed_at=applied.at,
            is_suspicious=applied.repeated and attempts.others > 0,
        )


def open_in_process(
    pins: PinRing, settings: ClaimSettings | None = None
) -> Callable[[Ledger, RequestCounter, Clock, bytes], PinChecker]:
    """Return a function that opens a checker in the process of the public service.

    Then that process holds the PIN keys and may record claims: one trust zone, for one machine.
    """
    chosen = settings or ClaimSettings()

    def open_checker(
        ledger: Ledger, counter: RequestCounter, clock: Clock, secret: bytes
    ) -> PinChecker:
        return PinChecker(ledger, pins, chosen, counter=counter, clock=clock, secret=secret)

    return open_checker
