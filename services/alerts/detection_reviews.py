"""Reviews of the detector: what other thresholds would have done, and drift from the simulation.

A review judges again, from the scans in the ledger: the stamps of the alerts that people decided
last, and a sample of scanned stamps that nobody need have looked at. The work is bounded, and the
same ledger gives the same result. It runs beside the requests of the desk; the page shows how far
it is. A desk that ends marks it as failed, and one that is killed leaves a review that is silent:
after a minute the next one may begin.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Final

import structlog

from detection.drift import compare_stamps
from detection.rules import Rules
from detection.stamp_context import StampContext
from detection.threshold_trial import TriedStamp, list_rules, summarize_trial, try_thresholds
from ledger import DetectionReview, StampHistory
from ledger.scans.scan_events import build_event
from services.alerts.simulated_stamps import load_simulated
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from services.stamps.stamp_contexts import find_present_context
from stamps.errors import VeritemError
from stamps.lifecycle import State

MOST_LABELLED: Final = 1_000
"""Stamps of decided alerts that are judged, the latest decisions first."""
MOST_BATCHES: Final = 200
SCANS_A_BATCH: Final = 60
"""Scans that a batch of the sample gives."""
MOST_SCANS: Final = 300
"""Scans of a stamp that are judged, the first ones: what raises an alert raises it early."""
SEED: Final = 18
_PROGRESS_SECONDS: Final = 2.0

Progress = Callable[[int, int], Awaitable[None]]

_log = structlog.get_logger(__name__)


class ReviewRunner:
    """Runs the reviews that are asked for in one process, one at a time."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, context: ServiceContext, review: DetectionReview) -> None:
        """Run a review beside the requests."""
        task = asyncio.create_task(_run_to_end(context, review), name="review the detector")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Cut off what runs, and mark it as failed."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def begin_review(context: ServiceContext, runner: ReviewRunner) -> DetectionReview:
    """Begin a review, or return the one that runs already. Raises `Forbidden`."""
    require_permission(context, Permission.DETECTION_REVIEW)
    review, is_new = await context.ledger.detection_reviews.begin(context.actor.id)
    if is_new:
        runner.start(context, review)
    return review


async def find_reviews(
    context: ServiceContext,
) -> tuple[DetectionReview | None, DetectionReview | None]:
    """Return the last review that was begun, and the last that has a result. Raises `Forbidden`."""
    require_permission(context, Permission.DETECTION_SEE)
    reviews = context.ledger.detection_reviews
    last = await reviews.get_last()
    return last, last if last is None or last.state == "done" else await reviews.get_last_done()


async def run_review(context: ServiceContext, progress: Progress) -> dict[str, Any]:
    """Judge stamps again and return the result of a review. Raises `Forbidden`."""
    require_permission(context, Permission.DETECTION_REVIEW)
    labels, rules = context.ledger.alert_labels, context.rules
    tried = list_rules(rules)
    stamps = await labels.list_stamps(MOST_LABELLED)
    batches = await labels.sample_batches(context.clock(), SEED, MOST_BATCHES)
    total, done = len(stamps) + len(batches), 0
    labelled: list[tuple[bool, TriedStamp]] = []
    sampled: list[TriedStamp] = []
    await progress(0, total)
    for stamp in stamps:
        history = await labels.read_history(stamp.batch, stamp.index, MOST_SCANS)
        found = await _try_stamp(context, history, tried)
        if found is not None:
            labelled.append((stamp.is_confirmed, found))
        done += 1
        await progress(done, total)
    for batch, begin in batches:
        async for history in _sample(context, batch, begin):
            found = await _try_stamp(context, history, tried)
            if found is not None:
                sampled.append(found)
        done += 1
        await progress(done, total)
    simulated = load_simulated()
    at = tried.index(next(one for one in tried if one.alert == rules.alert))
    return {
        "labelled": len(labelled),
        "reproduced": sum(found.alerts[at] for _, found in labelled),
        "sampled": len(sampled),
        "batches": len(batches),
        "seed": SEED,
        "thresholds": [asdict(row) for row in summarize_trial(tried, rules, labelled, sampled)],
        "drift": [
            asdict(row)
            for row in (
                *compare_stamps("scanned", sampled, simulated["scanned"]),
                *compare_stamps("alerts", [found for _, found in labelled], simulated["alerts"]),
            )
        ],
    }


async def _sample(context: ServiceContext, batch: int, begin: int) -> AsyncIterator[StampHistory]:
    async for history in context.ledger.alert_labels.sample_stamps(batch, begin, SCANS_A_BATCH):
        yield history


async def _try_stamp(
    context: ServiceContext, history: StampHistory, tried: list[Rules]
) -> TriedStamp | None:
    """Judge a stamp beside the requests; None for one without scans or without its batch."""
    if not history.scans:
        return None
    known = await _find_context(context, history)
    if known is None:
        return None
    events = [build_event(row) for row in history.scans]
    reports = await context.ledger.report_evidence.list_reported(history.batch, history.index)
    return await asyncio.to_thread(try_thresholds, events, known, tried, context.rules, reports)


async def _find_context(context: ServiceContext, history: StampHistory) -> StampContext | None:
    """The context of a stamp as its scans met it: a later block or recall is left out."""
    found = await find_present_context(context.ledger, history.batch, history.index)
    if found is None:
        return None
    span, present = found
    return present if span.activated_at is None else replace(present, state=State.ACTIVATED)


async def _run_to_end(context: ServiceContext, review: DetectionReview) -> None:
    reviews, loop = context.ledger.detection_reviews, asyncio.get_running_loop()
    last = float("-inf")

    async def note(done: int, total: int) -> None:
        nonlocal last
        if loop.time() - last >= _PROGRESS_SECONDS:
            last = loop.time()
            await reviews.note_progress(review.id, done, total)

    try:
        await reviews.finish(review.id, await run_review(context, note))
    except asyncio.CancelledError:
        await reviews.fail(review.id)
        raise
    except VeritemError as error:
        _log.warning("review failed", review=review.id, error=str(error))
        with suppress(VeritemError):
            await reviews.fail(review.id)
