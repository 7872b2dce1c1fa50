"""The service of chain heads: sign when the ledger changed, push to every place, until it ends.

The ledger is asked once an interval (a second): a notification would come sooner and collect less,
and the question also proves that the signed rows are still there. Each place has a task of its own,
so that a slow one delays no other, and nothing here is in the way of a write to the ledger. A
failed push is tried again with growing pauses; the heads wait in the state.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from issuer.heads.metrics import HeadMetrics
from issuer.heads.place import HeadPlace, PushFailed
from issuer.heads.signer import HeadSigner
from ledger import Ledger
from ledger.audit.chain_proof import HistoryRewritten
from ledger.storage.storage_errors import StorageFailed

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 300.0

_log = structlog.get_logger("issuer.heads")


async def push_due(signer: HeadSigner, place: HeadPlace, clock: Callable[[], int]) -> int:
    """Push the heads that a place does not have; return how many there were.

    Raises:
        PushFailed: they wait in the state, with the reason.
        OSError: the state cannot be written; they are pushed again.
    """
    state = signer.state
    due = state.list_due(place.name)
    if due:
        try:
            await place.push(due)
        except PushFailed as error:
            state.note_failure(place.name, error.why)
            raise
        state.note_pushed(place.name, due[-1].statement.at, clock())
    return len(due)


class HeadService:
    """Signs the heads of one ledger and pushes them."""

    def __init__(
        self,
        ledger: Ledger,
        signer: HeadSigner,
        places: Sequence[HeadPlace],
        clock: Callable[[], int],
        *,
        interval_seconds: float,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._signer = signer
        self._places = tuple(places)
        self._clock = clock
        self._interval = interval_seconds
        self._sleep = sleep
        self._news = {place.name: asyncio.Event() for place in places}
        self._trouble: str | None = None
        signer.state.keep_places(place.name for place in places)
        self.metrics = HeadMetrics(signer.state, clock)

    async def run(self) -> None:
        """Sign and push until cancelled."""
        for event in self._news.values():
            event.set()  # what the process before this one left
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sign_changes(), name="sign chain heads")
            for place in self._places:
                tasks.create_task(self._push_news(place), name=f"push to {place.name}")

    async def _sign_changes(self) -> None:
        while True:
            await self._sign()
            await self._sleep(self._interval)

    async def _sign(self) -> None:
        try:
            head = await self._signer.sign(self._ledger)
        except (HistoryRewritten, StorageFailed, OSError) as error:
            self.metrics.refused = isinstance(error, HistoryRewritten)
            if self._trouble != str(error):
                self._trouble = str(error)
                _log.error("chain heads are not signed", why=self._trouble)
            return
        if self._trouble is not None:
            _log.warning("chain heads are signed again")
        self._trouble, self.metrics.refused = None, False
        self.metrics.note_signed()
        if head is not None:
            for event in self._news.values():
                event.set()

    async def _push_news(self, place: HeadPlace) -> None:
        news, pause, is_failing = self._news[place.name], _FIRST_PAUSE, False
        while True:
            await news.wait()
            await self._wait_for_turn(place)
            news.clear()
            try:
                await push_due(self._signer, place, self._clock)
            except (PushFailed, OSError) as error:  # OSError: what was pushed cannot be noted
                if not is_failing:
                    _log.error("chain heads are not pushed", place=place.name, why=str(error))
                is_failing = True
                news.set()
                await self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if is_failing:
                _log.warning("chain heads are pushed again", place=place.name)
            pause, is_failing = _FIRST_PAUSE, False
            self.metrics.note_pushed(place.name)

    async def _wait_for_turn(self, place: HeadPlace) -> None:
        """Wait until the place's pause after its last push is over."""
        pushed_at = self._signer.state.places[place.name].pushed_at
        if pushed_at is not None and place.pause_seconds:
            waited = (self._clock() - pushed_at) / 1000
            # A clock that was set back must not make the wait longer than the pause.
            await self._sleep(min(max(place.pause_seconds - waited, 0.0), place.pause_seconds))
