"""A process is killed while a party answers: the answer is there with its photos, or not at all."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ledger import HearingState, Ledger
from tests.ledger.alerts.test_hearings import investigate, raise_alert

ROOT = Path(__file__).parents[3]
PHOTO = b"\xff\xd8 photo"

# Answers, and stops before the commit or after it; the test kills it there.
ANSWERER = """
import asyncio, sys
from ledger import open_ledger
from ledger.alerts import hearings

async def stop(where):
    print(where, flush=True)
    await asyncio.sleep(60)

async def main(url, hearing, where):
    record = hearings._record
    async def record_then_stop(*details, **more):
        await record(*details, **more)
        if where == "before-commit":
            await stop(where)
    hearings._record = record_then_stop
    async with await open_ledger(url) as ledger:
        await ledger.hearings.answer(hearing, "Chợ Bến Thành", actor="mai", photos=[%r])
        await stop(where)

asyncio.run(main(*sys.argv[1:]))
"""


def kill_answerer(url: str, hearing: str, where: str) -> None:
    """Let a process answer, and kill it where it stops."""
    program = textwrap.dedent(ANSWERER % PHOTO)
    with subprocess.Popen(
        [sys.executable, "-c", program, url, hearing, where],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{where}\n"
        process.kill()


@pytest.mark.parametrize("where", ["before-commit", "after-commit"])
async def test_kill_9_leaves_a_whole_answer_or_none_and_sent_again_it_is_one(
    ledger: Ledger, url: str, where: str
) -> None:
    _, alert = await raise_alert(ledger)
    await investigate(ledger, alert)
    hearing = (await ledger.hearings.ask(alert.id, ["packer"], "Bán đi đâu?", actor="thanh"))[0].id
    kill_answerer(url, hearing, where)
    is_stored = where == "after-commit"
    known = await ledger.hearings.get(hearing)
    assert known.state is (HearingState.ANSWERED if is_stored else HearingState.ASKED)
    assert (await ledger.alerts.get(alert.id)).is_news is is_stored
    # The party has seen no answer of the desk, and sends the same again.
    await ledger.hearings.answer(hearing, "Chợ Bến Thành", actor="mai", photos=[PHOTO])
    messages = await ledger.hearings.list_messages(hearing)
    assert [(one.what, one.photos) for one in messages] == [("question", 0), ("answer", 1)]
    assert await ledger.hearings.get_photo(hearing, 2, 0) == PHOTO
    answers = [one for one in await ledger.audit.list_after(0) if one.action == "hearing.answer"]
    assert len(answers) == 1
    report = await ledger.audit.verify()
    assert report.ok, report.problems
