"""Rendering slots: bounded, in turns, and every job ends when the service stops."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.batches.rendering_slots import RenderingSlots, RenderingStopped


def run_together(*jobs: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(jobs)) as threads:
        for done in [threads.submit(job) for job in jobs]:
            done.result(timeout=30)


def test_no_more_jobs_render_at_once_than_there_are_slots() -> None:
    slots, guard, now, most = RenderingSlots(2, slice_seconds=0), threading.Lock(), 0, 0

    def job() -> None:
        nonlocal now, most
        with slots.hold() as slot:
            for _ in range(20):
                with guard:
                    now += 1
                    most = max(most, now)
                time.sleep(0.001)
                with guard:
                    now -= 1
                slot.offer()

    run_together(*[job] * 6)
    assert most == 2


def test_a_long_job_lets_a_short_one_pass() -> None:
    slots, ended, begun = RenderingSlots(1, slice_seconds=0.01), [], threading.Event()

    def render(name: str, steps: int) -> None:
        with slots.hold() as slot:
            for _ in range(steps):
                begun.set()
                time.sleep(0.002)
                slot.offer()
        ended.append(name)

    def short() -> None:
        begun.wait()
        render("short", 3)

    run_together(lambda: render("long", 300), short)
    assert ended == ["short", "long"]


def test_waiting_jobs_have_turns_in_their_order() -> None:
    slots, turns = RenderingSlots(1, slice_seconds=0), []
    gate = threading.Barrier(3)

    def job(name: str) -> None:
        gate.wait()
        with slots.hold() as slot:
            for _ in range(30):
                turns.append(name)
                time.sleep(0.001)
                slot.offer()

    run_together(*(lambda name=name: job(name) for name in "abc"))  # type: ignore[misc]
    # Once all three are in line, each has one turn before any has its next.
    middle = turns[9:-9]
    assert all(len(set(middle[at : at + 3])) == 3 for at in range(0, len(middle) - 3, 3))


def test_a_stop_ends_the_job_that_renders_and_those_that_wait() -> None:
    slots, rendering, ended = RenderingSlots(1), threading.Event(), []

    def render_for_ever() -> None:
        with slots.hold() as slot:
            while True:
                rendering.set()
                time.sleep(0.001)
                slot.offer()

    def job() -> None:
        with pytest.raises(RenderingStopped):
            render_for_ever()
        ended.append(True)

    def stop() -> None:
        rendering.wait()
        slots.stop()

    run_together(job, job, stop)
    assert len(ended) == 2
