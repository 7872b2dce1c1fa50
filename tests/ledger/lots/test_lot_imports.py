"""An import of lots is one transaction: all of it or nothing, also where two write or one dies."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from ledger import Ledger, open_ledger
from ledger.table_imports import TableImport

ROOT = Path(__file__).parents[3]
LOTS = 40


def make_import(number: int, actor: str = "packer") -> TableImport:
    """An import of forty lots; those of two numbers have one code in common with the next."""
    codes = [f"L{number * (LOTS - 1) + place}" for place in range(LOTS)]
    lots = [
        {
            "code": code,
            "document": {"code": code, "growing_area": {"code": f"VN-ĐLOR-{code[1:]}"}},
            "missing": [],
            "organisation": "krong-pac",
        }
        for code in codes
    ]
    counts = {"added": LOTS, "incomplete": 0, "refused": 0}
    return TableImport(f"{actor}-{number}", "lo.csv", counts, {"lots": lots}, actor, 1_000)


async def test_of_two_imports_with_a_code_in_common_one_is_saved(ledger: Ledger) -> None:
    imports = ledger.lot_imports
    for number, actor in enumerate(("lan", "minh")):
        await imports.put(make_import(number, actor))
    answers = await asyncio.gather(
        imports.apply("lan-0", actor="lan", at=2_000),
        imports.apply("minh-1", actor="minh", at=2_000),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in answers) == ["ImportOutdated", "TableImport"]
    saved = await ledger.lots.list()
    assert len(saved) == LOTS
    assert len({lot.actor for lot in saved}) == 1


async def test_one_import_applied_twice_at_once_is_saved_once(ledger: Ledger) -> None:
    await ledger.lot_imports.put(make_import(0))
    applied = await asyncio.gather(
        *(ledger.lot_imports.apply("packer-0", actor="packer", at=2_000) for _ in range(2))
    )
    assert [one.applied_at for one in applied] == [2_000, 2_000]
    assert {lot.version for lot in await ledger.lots.list()} == {1}


async def test_saved_lots_are_found_and_proven_like_any_other(ledger: Ledger) -> None:
    await ledger.lot_imports.put(make_import(0))
    await ledger.lot_imports.apply("packer-0", actor="packer", at=2_000)
    (version,) = await ledger.lots.list_versions("L7", limit=2)
    assert (version.version, version.actor, version.at) == (1, "packer", 2_000)
    report = await ledger.audit.verify()
    assert report.ok, report.problems
    assert await ledger.lots.find_known({"L7", "L8", "L-none"}) == {"L7", "L8"}


# A writer that applies one import after another; the test kills it in the middle of one.
WRITER = """
import asyncio, sys
from ledger import open_ledger
from tests.ledger.lots.test_lot_imports import make_import

async def main(url):
    async with await open_ledger(url) as ledger:
        for number in range(0, 2_000, 2):
            await ledger.lot_imports.put(make_import(number))
            await ledger.lot_imports.apply(f"packer-{number}", actor="packer", at=2_000)
            print(number, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def start_writer(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


async def test_a_killed_import_leaves_all_of_its_lots_or_none(url: str) -> None:
    process = start_writer(url)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(3)]
    os.kill(process.pid, signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.communicate()
    async with await open_ledger(url) as ledger:
        saved = len(await ledger.lots.list())
        assert saved % LOTS == 0
        assert saved // LOTS - len(answered) in (0, 1)
        for number in answered:
            assert (await ledger.lot_imports.get(f"packer-{number}")).document is None
        report = await ledger.audit.verify()
        assert report.ok, report.problems
