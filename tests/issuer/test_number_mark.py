"""The mark of used batch numbers: a restored ledger does not issue a number again."""

import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from issuer import NoNumberMark, NumberMark
from ledger import Batch, Order, back_up, restore
from tests.issuer.world import HOST, approved, issuer, opened


async def issue(path: Path, mark: NumberMark, order: str) -> Batch:
    """Order and issue three stamps, as a new process does it."""
    async with await opened(path) as ledger:
        await approved(ledger, Order(order, 3, "sealed", "mai"))
        desk = replace(issuer(ledger), mark=mark)
        batch = await desk.issue(order, host=HOST, actor="lan", key=order)
        assert batch == await desk.issue(order, host=HOST, actor="lan", key=order)
        return batch


async def test_a_restored_ledger_never_issues_a_number_again(tmp_path: Path) -> None:
    mark, path = NumberMark(tmp_path), tmp_path / "ledger.db"
    assert (await issue(path, mark, "o1")).number == 1
    await back_up(f"sqlite:///{path}", tmp_path / "copy")
    assert (await issue(path, mark, "o2")).number == 2
    path.unlink()
    await restore(tmp_path / "copy", f"sqlite:///{path}")
    assert (await issue(path, mark, "o3")).number == 3


async def test_a_key_store_restored_with_its_ledger_is_seen_by_pushed_heads(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await issue(path, NumberMark(tmp_path), "o1")
    assert (await issue(path, NumberMark(tmp_path, 7), "o2")).number == 8
    assert (await issue(path, NumberMark(tmp_path), "o3")).number == 9


@pytest.mark.parametrize(
    ("left", "why"),
    [
        (None, "the ledger has batch 1"),
        (b"{", "is not JSON"),
        (b'{"format": "veritem batch numbers v1", "highest": -1}', "is not a mark"),
    ],
)
async def test_without_the_mark_a_ledger_with_batches_issues_nothing(
    tmp_path: Path, left: bytes | None, why: str
) -> None:
    mark, path = NumberMark(tmp_path), tmp_path / "ledger.db"
    await issue(path, mark, "o1")
    if left is None:
        mark.path.unlink()
    else:
        mark.path.write_bytes(left)
    with pytest.raises(NoNumberMark, match=why):
        await issue(path, mark, "o2")
    async with await opened(path) as ledger:
        assert await ledger.batches.find_highest_number() == 1
    assert mark.raise_to(5) == 5
    assert mark.raise_to(3) == 5
    assert (await issue(path, mark, "o3")).number == 6


KILLED = """
import asyncio, os, signal, sys
from dataclasses import replace
from pathlib import Path
from issuer import NumberMark
from tests.issuer.world import HOST, issuer, opened

class Killed(NumberMark):
    def reserve(self, in_ledger):
        super().reserve(in_ledger)
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    ledger = await opened(Path(sys.argv[1]) / "ledger.db")
    desk = replace(issuer(ledger), mark=Killed(Path(sys.argv[1])))
    await desk.issue("o1", host=HOST, actor="lan", key="k")

asyncio.run(main())
"""


async def test_killed_between_mark_and_batch_a_number_is_skipped(tmp_path: Path) -> None:
    mark, path = NumberMark(tmp_path), tmp_path / "ledger.db"
    async with await opened(path) as ledger:
        await approved(ledger, Order("o1", 3, "sealed", "mai"))
        killed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, str(tmp_path)), cwd=Path(__file__).parents[2]
        )
        assert await killed.wait() == -signal.SIGKILL
        assert (mark.load(), await ledger.batches.find_highest_number()) == (1, 0)
        batch = await replace(issuer(ledger), mark=mark).issue(
            "o1", host=HOST, actor="lan", key="k"
        )
        assert batch.number == 2
