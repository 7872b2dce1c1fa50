"""Reviews of lots: submissions, approvals, publications; both engines."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import Ledger, LotRow, Organisation
from ledger.chains.hash_chain import digest_json
from ledger.errors import (
    LotChanged,
    LotIncomplete,
    LotRecalled,
    ReviewerInvolved,
    SubmissionClosed,
    UnknownSubmission,
    VersionPublished,
)
from ledger.lots.lot_submission import ReviewAct, Submission, SubmissionState
from ledger.staff_errors import AccountRequired
from ledger.storage.storage_errors import StorageFailed
from tests.accounts import add_accounts

RECORD = {"document": {"code": "L1"}, "version": 1}


def sign(statement: Mapping[str, Any]) -> dict[str, str]:
    return {"signature": digest_json(dict(statement))}


async def save(ledger: Ledger, brand: str = "", missing: tuple[str, ...] = ()) -> LotRow:
    document = {"code": "L1", "product": {"code": "ri6"}, "brand": brand}
    return await ledger.lots.save(LotRow("L1", document, missing, organisation="packer"))


@pytest.fixture(autouse=True)
async def lot(ledger: Ledger) -> None:
    await add_accounts(ledger, "mai", "lan", "binh", "cuc")
    await ledger.organisations.add(Organisation("packer", "packer", "P", province="66"))
    await save(ledger)


async def submit(ledger: Ledger, version: int = 1) -> Submission:
    record = {**RECORD, "version": version}
    return await ledger.lot_submissions.submit("L1", version, record, actor="mai", note="xem giúp")


async def approve(ledger: Ledger, id_: int, actor: str = "lan") -> Submission:
    return await ledger.lot_submissions.approve(id_, actor=actor, sign=sign)


async def test_an_approved_version_is_published_with_who_vouches_for_it(ledger: Ledger) -> None:
    submission = await submit(ledger)
    assert submission.sha256 == digest_json(RECORD)
    assert (await approve(ledger, submission.id)).state is SubmissionState.PUBLISHED
    published = await ledger.lot_submissions.find_publication("L1")
    assert published is not None
    assert (published.version, published.record) == (1, RECORD)
    assert published.statement["sha256"] == submission.sha256
    assert published.statement["author"]["organisation"] == "packer"
    assert len(published.statement["reviewers"]) == 1
    assert "lan" not in str(published.statement)
    assert published.signature == sign(published.statement)
    steps = await ledger.lot_submissions.list_steps(submission.id)
    assert [(one.what, one.actor) for one in steps] == [
        (ReviewAct.SUBMIT, "mai"),
        (ReviewAct.APPROVE, "lan"),
    ]
    assert (await ledger.audit.verify()).ok


async def test_the_same_act_again_changes_nothing(ledger: Ledger) -> None:
    first = await submit(ledger)
    assert await submit(ledger) == first
    done = await approve(ledger, first.id)
    assert await approve(ledger, first.id) == done
    assert len(await ledger.lot_submissions.list_steps(first.id)) == 2


async def test_a_correction_is_reviewed_while_what_was_published_stays(ledger: Ledger) -> None:
    await approve(ledger, (await submit(ledger)).id)
    await save(ledger, brand="Krông Pắc")
    second = await submit(ledger, 2)
    published = await ledger.lot_submissions.find_publication("L1")
    assert published is not None
    assert published.version == 1
    await ledger.lot_submissions.send_back(second.id, "Thiếu chứng nhận", actor="lan")
    published = await ledger.lot_submissions.find_publication("L1")
    assert published is not None
    assert published.version == 1
    third = await submit(ledger, 2)
    assert third.id != second.id
    second = await ledger.lot_submissions.get(second.id)
    assert second.state is SubmissionState.RESUBMITTED
    await approve(ledger, third.id, "binh")
    published = await ledger.lot_submissions.find_publication("L1")
    assert published is not None
    assert published.version == 2
    assert (await ledger.audit.verify()).ok
    first = await ledger.lot_submissions.get_publication(1)
    assert first is not None
    assert first.record == RECORD


async def test_a_later_version_takes_the_place_of_one_that_waits(ledger: Ledger) -> None:
    first = await submit(ledger)
    await save(ledger, brand="Krông Pắc")
    with pytest.raises(LotChanged):
        await submit(ledger, 1)
    second = await submit(ledger, 2)
    assert (await ledger.lot_submissions.get(first.id)).state is SubmissionState.WITHDRAWN
    assert await ledger.lot_submissions.find_last("L1") == second
    with pytest.raises(SubmissionClosed):
        await approve(ledger, first.id)


async def test_two_reviewers_are_two_other_people(ledger: Ledger) -> None:
    await ledger.review_rules.put("66", 2, actor="cuc")
    submission = await submit(ledger)
    assert submission.reviewers == 2
    with pytest.raises(ReviewerInvolved):
        await approve(ledger, submission.id, "MAI ")
    assert (await approve(ledger, submission.id, "lan")).state is SubmissionState.APPROVED
    assert (await approve(ledger, submission.id, "lan")).state is SubmissionState.APPROVED
    assert await ledger.lot_submissions.find_publication("L1") is None
    assert (await approve(ledger, submission.id, "binh")).state is SubmissionState.PUBLISHED


async def test_the_stricter_rule_of_province_and_country_holds(ledger: Ledger) -> None:
    await ledger.review_rules.put("", 2, actor="cuc")
    await ledger.review_rules.put("66", 1, actor="cuc")
    await ledger.review_rules.put("01", 1, actor="cuc")
    assert (await submit(ledger)).reviewers == 2
    await ledger.review_rules.put("", 1, actor="cuc")
    last = await ledger.lot_submissions.find_last("L1")
    assert last is not None
    assert last.reviewers == 2
    assert [one.province for one in await ledger.review_rules.list()] == ["", "01", "66"]
    assert (await ledger.audit.verify()).ok


async def test_what_cannot_be_published_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UnknownSubmission):
        await approve(ledger, 9)
    submission = await submit(ledger)
    with pytest.raises(AccountRequired):
        await approve(ledger, submission.id, "token:t1")
    await approve(ledger, submission.id)
    with pytest.raises(VersionPublished):
        await submit(ledger)
    with pytest.raises(SubmissionClosed):
        await ledger.lot_submissions.withdraw(submission.id, actor="mai")
    await save(ledger, missing=("producer",))
    with pytest.raises(LotIncomplete):
        await submit(ledger, 2)


async def test_after_a_recall_nothing_is_published(ledger: Ledger) -> None:
    submission = await submit(ledger)
    async with ledger._store.write() as connection:
        await connection.execute(text("UPDATE lots SET recalled_at = 1"))
    with pytest.raises(LotRecalled):
        await approve(ledger, submission.id)
    back = await ledger.lot_submissions.send_back(submission.id, "Đã thu hồi", actor="lan")
    assert back.state is SubmissionState.RETURNED


# Dies inside the transaction of the last approval, when the statement is signed.
APPROVER = """
import asyncio, os, signal, sys
from ledger import open_ledger

def die(_):
    os.kill(os.getpid(), signal.SIGKILL)

async def approve(url, submission):
    async with await open_ledger(url) as ledger:
        await ledger.lot_submissions.approve(int(submission), actor="lan", sign=die)

asyncio.run(approve(*sys.argv[1:]))
"""


async def test_a_publication_that_is_killed_leaves_nothing(ledger: Ledger, url: str) -> None:
    submission = await submit(ledger)
    arguments = [sys.executable, "-c", APPROVER, url, str(submission.id)]
    died = await asyncio.to_thread(subprocess.run, arguments, check=False)
    assert died.returncode == -signal.SIGKILL
    assert await ledger.lot_submissions.get(submission.id) == submission
    assert len(await ledger.lot_submissions.list_steps(submission.id)) == 1
    assert await ledger.lot_submissions.find_publication("L1") is None
    assert (await approve(ledger, submission.id)).state is SubmissionState.PUBLISHED
    assert (await ledger.audit.verify()).ok


async def test_a_publication_is_a_change_of_the_lot(ledger: Ledger) -> None:
    submission = await submit(ledger)
    before = await ledger.changes.get_heads()
    await approve(ledger, submission.id)
    assert (await ledger.changes.get_changes_after(before)).lots == {"L1"}


REFUSED = [
    "UPDATE lot_submissions SET record = '{}'",
    "UPDATE lot_submissions SET reviewers = 2",
    "DELETE FROM lot_submissions",
    "UPDATE lot_review_steps SET actor = 'binh'",
    "UPDATE lot_publications SET signature = '{}'",
    "INSERT INTO lot_publications VALUES (1, 'L1', 1, '{}', '{}', 5)",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_database_refuses_what_no_reviewer_did(ledger: Ledger, statement: str) -> None:
    submission = await submit(ledger)
    if "UPDATE lot_publications" in statement:
        await approve(ledger, submission.id)
    with pytest.raises((DBAPIError, StorageFailed)):
        async with ledger._store.write() as connection:
            await connection.execute(text(statement))


async def test_the_database_refuses_a_publication_by_its_author(ledger: Ledger) -> None:
    submission = await submit(ledger)

    async def publish_alone() -> None:
        async with ledger._store.write() as connection:
            for statement in (
                "INSERT INTO lot_review_steps VALUES (1, 2, 5, 'Mai', 'p', 'approve', '', 1)",
                "UPDATE lot_submissions SET state = 'published'",
                "INSERT INTO lot_publications VALUES (1, 'L1', 1, '{}', '{}', 5)",
            ):
                await connection.execute(text(statement))

    with pytest.raises((DBAPIError, StorageFailed), match="other people"):
        await publish_alone()
    assert await ledger.lot_submissions.get(submission.id) == submission
