"""A process that folds figures is killed: nothing is counted twice, and nothing is lost."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ledger import Ledger
from stamps.lifecycle import Transition
from tests.ledger.figures.test_facts import issued, packers, step, sums

ROOT = Path(__file__).parents[3]
STEPS = 120

# A process that folds one entry a transaction and says so after each; it is killed.
FOLDER = """
import asyncio, sys
from ledger import open_ledger
from ledger.figures import sources, totals

async def main(url, when):
    sources.PAGE = 1
    write = totals._add_facts
    async def add_facts(connection, facts):
        if when == "within":  # before the facts, after the positions
            print("part", flush=True)
            await asyncio.sleep(0.005)
        await write(connection, facts)
        if when == "before-commit":
            print("part", flush=True)
            await asyncio.sleep(0.005)
    totals._add_facts = add_facts
    async with await open_ledger(url) as ledger:
        await ledger.figures.fold()

asyncio.run(main(*sys.argv[1:]))
"""


def start_folder(url: str, when: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FOLDER), url, when],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.parametrize("when", ["within", "before-commit"])
async def test_kill_9_in_the_middle_of_a_fold_counts_each_entry_once(
    ledger: Ledger, url: str, when: str
) -> None:
    await packers(ledger)
    batch = await issued(ledger, "krong-pac", STEPS)
    for at in range(STEPS):
        await step(ledger, batch, at, at + 1, Transition.PRINT)
    for life in range(3):
        process = start_folder(url, when)
        assert process.stdout is not None
        for _ in range(3 + 5 * life):
            assert process.stdout.readline() == "part\n"
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        counted = (await sums(ledger)).get("printed", 0)
        assert counted < STEPS, "the process had ended before it was killed"
        assert await ledger.check_figures() == []
    await ledger.figures.fold()
    assert (await sums(ledger))["printed"] == STEPS
    assert await ledger.check_figures() == []
