"""Proposals: two accounts, once, on both engines; PostgreSQL refuses what the program would not."""

import asyncio
import signal
import subprocess
import sys

import psycopg
import pytest

from ledger import Ledger, Proposal, ProposalState, RecallTarget, open_ledger
from ledger.accounts.account_rows import grant_role
from ledger.errors import (
    AlreadyProposed,
    KeyReused,
    NothingToRecall,
    ProposalNotOpen,
    SecondPersonRequired,
    UnknownProposal,
)
from ledger.staff_errors import AccountRequired
from ledger.stamps.recalls import carry_out_recall
from stamps.lifecycle import State
from tests.accounts import PASSWORD, add_accounts
from tests.ledger.world import a_key, activated, printed


async def propose(
    ledger: Ledger, subject: str = "lot:L1", who: str = "lan", kind: str = "recall"
) -> Proposal:
    target = RecallTarget(lot=subject.partition(":")[2])
    return await ledger.proposals.add(
        kind,
        subject,
        document=target.to_document(),
        reason="food-safety",
        actor=who,
        key=a_key(),
    )


async def test_a_recall_is_done_when_another_person_approves_and_once(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh")
    batch = await activated(ledger)
    proposal = await propose(ledger)
    assert (await ledger.transitions.get_span(batch, 0)).state is State.ACTIVATED
    approval = await ledger.proposals.approve(proposal.id, "minh", act=carry_out_recall)
    assert approval.result is not None
    [recorded] = approval.result
    assert (recorded.actor, recorded.key, recorded.hi) == ("minh", f"proposal:{proposal.id}", 100)
    assert (await ledger.transitions.get_span(batch, 0)).state is State.RECALLED
    done = approval.proposal
    assert (done.state, done.decided_by) == (ProposalState.APPROVED, "minh")
    assert done.used_at is not None
    again = await ledger.proposals.approve(proposal.id, "minh", act=carry_out_recall)
    assert (again.proposal, again.result) == (done, None)
    assert (await ledger.audit.verify()).ok


@pytest.mark.parametrize("spelling", ["lan", "LAN", " l an ", "ｌａｎ", "la\u200bn"])
async def test_nobody_decides_on_their_own_proposal_in_any_spelling(
    ledger: Ledger, spelling: str
) -> None:
    await add_accounts(ledger, "lan", "minh")
    proposal = await propose(ledger)
    for decide in (
        ledger.proposals.approve(proposal.id, spelling, act=None),
        ledger.proposals.refuse(proposal.id, spelling),
    ):
        with pytest.raises(SecondPersonRequired, match="another person"):
            await decide
    assert (await ledger.proposals.get(proposal.id)).state is ProposalState.OPEN


async def test_only_enabled_and_confirmed_accounts_decide(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh", "tuan")
    await ledger.staff.add("an", name="An", role="authority", password=PASSWORD, actor="lan")
    await ledger.staff.disable("tuan", actor="lan")
    proposal = await propose(ledger)
    for who, why in (
        ("an", "confirmation"),
        ("tuan", "is disabled"),
        ("nobody", "has no account"),
    ):
        with pytest.raises(AccountRequired, match=why):
            await ledger.proposals.approve(proposal.id, who, act=None)
        with pytest.raises(AccountRequired, match=why):
            await propose(ledger, "lot:L2", who)
    await ledger.staff.disable("lan", actor="minh")
    with pytest.raises(AccountRequired, match="lan is disabled"):
        await ledger.proposals.approve(proposal.id, "minh", act=None)


async def test_a_refused_act_leaves_the_proposal_open(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh")
    batch = await printed(ledger)
    proposal = await ledger.proposals.add(
        "recall",
        f"batch:{batch}",
        document=RecallTarget(batch=batch).to_document(),
        reason="ordered",
        actor="lan",
        key=a_key(),
    )
    with pytest.raises(NothingToRecall):
        await ledger.proposals.approve(proposal.id, "minh", act=carry_out_recall)
    assert (await ledger.proposals.get(proposal.id)).state is ProposalState.OPEN


async def test_one_proposal_waits_on_a_subject_and_a_key_is_one_proposal(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh")

    async def ask(subject: str, who: str, key: str) -> Proposal:
        return await ledger.proposals.add(
            "recall", subject, document={}, reason=None, actor=who, key=key
        )

    first = await ask("lot:L1", "lan", "k")
    assert await ask("lot:L1", "lan", "k") == first
    with pytest.raises(KeyReused):
        await ask("lot:L2", "lan", "k")
    with pytest.raises(AlreadyProposed, match=f"proposal {first.id} of lan"):
        await ask("lot:L1", "minh", "k2")
    with pytest.raises(UnknownProposal):
        await ledger.proposals.withdraw(first.id, "minh")
    assert (await ledger.proposals.withdraw(first.id, "lan")).decided_by is None
    second = await ask("lot:L1", "minh", "k3")
    assert (await ledger.proposals.refuse(second.id, "lan")).state is ProposalState.REFUSED
    with pytest.raises(ProposalNotOpen):
        await ledger.proposals.approve(second.id, "lan", act=None)


async def test_an_act_elsewhere_uses_its_approval_up(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh")
    proposal = await propose(ledger, "epochs:1", kind="keys.rotate")
    assert await ledger.proposals.get_approved("keys.rotate", "epochs:1") is None
    with pytest.raises(ProposalNotOpen):
        await ledger.proposals.mark_used(proposal.id, "lan")
    await ledger.proposals.approve(proposal.id, "minh", act=None)
    found = await ledger.proposals.get_approved("keys.rotate", "epochs:1")
    assert found is not None
    assert found.id == proposal.id
    assert (await ledger.proposals.mark_used(proposal.id, "lan")).used_at is not None
    assert await ledger.proposals.get_approved("keys.rotate", "epochs:1") is None


async def test_a_role_is_granted_by_another_person_and_not_by_its_account(ledger: Ledger) -> None:
    await add_accounts(ledger, "lan", "minh", role="administrator")
    await ledger.staff.add("an", name="An", role="authority", password=PASSWORD, actor="lan")

    async def ask(account: str) -> Proposal:
        return await ledger.proposals.add(
            "role.grant",
            f"account:{account}",
            document={"account": account, "role": "inspector", "organisation": None},
            reason=None,
            actor="lan",
            key=a_key(),
        )

    assert not (await ledger.staff.get("an")).is_confirmed
    await ledger.proposals.approve((await ask("an")).id, "minh", act=grant_role)
    granted = await ledger.staff.get("an")
    assert (granted.role, granted.is_confirmed) == ("inspector", True)
    own = await ask("minh")
    with pytest.raises(SecondPersonRequired):
        await ledger.proposals.approve(own.id, "minh", act=grant_role)
    assert (await ledger.staff.get("minh")).role == "administrator"
    assert (await ledger.audit.verify()).ok


KILLED = """
import asyncio, os, signal, sys
from ledger import open_ledger
from ledger.stamps.recalls import carry_out_recall
async def main():
    async with await open_ledger(sys.argv[1]) as ledger:
        async def act(connection, proposal):
            await carry_out_recall(connection, proposal)
            os.kill(os.getpid(), signal.SIGKILL)
        await ledger.proposals.approve(int(sys.argv[2]), "minh", act=act)
asyncio.run(main())
"""


async def test_a_process_killed_in_an_approval_leaves_it_open_and_the_next_completes_it(
    ledger: Ledger, url: str
) -> None:
    await add_accounts(ledger, "lan", "minh")
    batch = await activated(ledger)
    proposal = await propose(ledger)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, url, str(proposal.id)], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (await ledger.proposals.get(proposal.id)).state is ProposalState.OPEN
    assert (await ledger.transitions.get_span(batch, 0)).state is State.ACTIVATED
    approval = await ledger.proposals.approve(proposal.id, "minh", act=carry_out_recall)
    assert approval.proposal.used_at is not None
    assert (await ledger.transitions.get_span(batch, 0)).state is State.RECALLED


async def test_the_system_user_is_recorded_beside_the_account(url: str) -> None:
    async with await open_ledger(url, system_user="root") as ledger:
        await add_accounts(ledger, "lan", "minh")
        await activated(ledger)
        proposal = await propose(ledger)
        approval = await ledger.proposals.approve(proposal.id, "minh", act=carry_out_recall)
        entries = await ledger.audit.list_after()
    done = approval.proposal
    assert (done.requested_system_user, done.decided_system_user) == ("root", "root")
    assert all(entry.details["system_user"] == "root" for entry in entries)
    moved = [entry.subject for entry in entries if entry.action == "transition"]
    assert moved == ["transitions:1", "transitions:2", "transitions:3"]


FORGED = [
    "UPDATE proposals SET state = 'approved', decided_by = 'lan', decided_at = 1",
    "UPDATE proposals SET state = 'approved', decided_by = 'nobody', decided_at = 1",
    "UPDATE proposals SET state = 'approved', decided_by = 'off', decided_at = 1",
    "UPDATE proposals SET state = 'approved', decided_by = 'new', decided_at = 1",
    "UPDATE proposals SET state = 'approved'",
    "UPDATE proposals SET requested_by = 'minh'",
    "UPDATE proposals SET document = '{}'",
    "UPDATE proposals SET used_at = 1",
    "DELETE FROM proposals",
    "INSERT INTO proposals (id, kind, subject, document, key, requested_by, requested_at, state,"
    " decided_by, decided_at) VALUES (9, 'recall', 'x', '{}', 'x', 'lan', 1, 'approved', 'minh',"
    " 1)",
]


async def test_postgresql_refuses_a_decision_that_is_not_of_two_accounts(
    postgres_url: str,
) -> None:
    async with await open_ledger(postgres_url) as ledger:
        await add_accounts(ledger, "lan", "minh", "off")
        await ledger.staff.disable("off", actor="lan")
        await ledger.staff.add("new", name="New", role="authority", password=PASSWORD)
        await propose(ledger)
    for statement in FORGED:
        with (
            psycopg.connect(postgres_url) as owner,
            pytest.raises(psycopg.Error) as refused,
        ):
            owner.execute(statement.encode())
        assert refused.value.sqlstate in ("VT002", "23514"), statement
