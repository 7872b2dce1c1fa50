"""One insider with one account: tries to be two people, at the command line and in the database.

Tri is an administrator with her own account and a shell where `veritem` runs. Nothing that she does
alone approves, recalls, grants a role or rotates a key, and every attempt leaves the ledger intact.
"""

# ruff: noqa: S608 - the names in the SQL are the test's own

import asyncio
import shutil
import time
from pathlib import Path

import psycopg
import pytest

from cli.sign_ins import SignIns
from issuer.keystore import DEMO_PASSPHRASES, KeyStore
from ledger import Order, ProposalFilter, ProposalState, open_ledger
from tests.accounts import PASSWORD, add_accounts
from tests.cli.conftest import (  # noqa: F401 - fixtures
    LEDGER,
    Veritem,
    furnished,
    passphrases,
    place,
    veritem,
)
from tests.ledger.world import activated, allow_recall
from tests.servers import PostgresServer


@pytest.fixture
def shell(place: Veritem, monkeypatch: pytest.MonkeyPatch) -> Veritem:  # noqa: F811
    """A shell in which Tri alone is signed in; Hoa is the other administrator, Bo decides."""

    async def add() -> str:
        async with await open_ledger(LEDGER) as ledger:
            await add_accounts(ledger, "tri", "hoa", role="administrator")
            await add_accounts(ledger, "bo", role="authority")
            await activated(ledger)
            _, text = await ledger.tokens.create(
                "tri", label="shell", actor="tri", expires_at=2**50, kind="command-line"
            )
            return text

    token = asyncio.run(add())
    shutil.rmtree("state")
    SignIns(LEDGER).store_token("tri", token)
    monkeypatch.setenv("VERITEM_AS", "tri")
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", PASSWORD + " nữa")
    return place


def accept(link: str, password: str) -> None:
    """Choose a password by a link, as whoever has it can."""

    async def choose() -> None:
        async with await open_ledger(LEDGER) as ledger:
            text = link.partition("#")[2]
            await ledger.invitations.accept(text, password, at=time.time_ns() // 1_000_000)

    asyncio.run(choose())


@pytest.mark.parametrize(
    "spelling", ["tri", "TRI", " t ri ", "ｔｒｉ", "tr\u200bi", "hoa", "bo", "lan", "root"]
)
def test_she_is_nobody_else_in_any_spelling(shell: Veritem, spelling: str) -> None:
    proposed = shell("keys", "rotate", "--json").json
    refused = shell("proposals", "approve", str(proposed["id"]), "--as", spelling)
    assert refused.status == 1
    assert "another person" in refused.err or "is not signed in here" in refused.err
    assert shell("proposals", "list", "--json").json["proposals"][0]["state"] == "open"
    assert shell("keys", "rotate").status == 1
    assert len(shell("keys", "list", "--json").json["epochs"]) == 1


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("order approve O1", "lacks the permission order.decide"),
        ("stamps recall --lot L1 --reason ordered", "lacks the permission transition.recall"),
        ("stamps suspend 1 --reason inspection", "lacks the permission transition.suspend"),
        ("batch create O1", "lacks the permission batch.issue"),
        ("staff role tri --role demo", "must be one of"),
        ("staff reset-password tri", "is your own"),
        ("init --demo", ""),
    ],
)
def test_her_role_alone_does_nothing_that_others_decide(
    shell: Veritem, command: str, why: str
) -> None:
    before = shell("staff", "list", "--json").json
    result = shell(*command.split())
    assert (result.status == 0) == (not why), result.err
    assert why in result.err
    assert shell("staff", "list", "--json").json == before
    assert shell("audit", "verify").status == 0


def test_an_account_that_she_adds_or_takes_over_decides_nothing(shell: Veritem) -> None:
    added = shell("staff", "add", "tri2", "--role", "administrator", "--json").json
    role = shell("staff", "role", "tri", "--role", "authority", "--json").json
    for account, password in (("tri2", PASSWORD + " nữa"), ("hoa", PASSWORD + " nữa")):
        if account == "hoa":  # Lan is the third who could confirm Hoa, so the reset is allowed
            link = shell("staff", "reset-password", "hoa", "--json").json["link"]
            accept(link, password)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VERITEM_PASSWORD", password)
            signed_in = shell("sign-in", account, "--json")
            assert signed_in.json["confirmed"] is False
        for number in (added["proposal"], role["id"]):
            refused = shell("proposals", "approve", str(number), "--as", account)
            assert refused.status == 1, (account, number)
    assert shell("staff", "disable", "hoa").status == 0
    assert shell("proposals", "approve", str(role["id"])).status == 1
    listed = {one["id"]: one for one in shell("staff", "list", "--json").json["staff"]}
    assert (listed["tri"]["role"], listed["tri2"]["is_confirmed"]) == ("administrator", False)


def test_demo_keys_beside_a_real_ledger_sign_nobody_in(shell: Veritem, tmp_path: Path) -> None:
    KeyStore.create(tmp_path / "demo", DEMO_PASSPHRASES, demo=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERITEM_KEYS_DIRECTORY", str(tmp_path / "demo"))
        for kind in ("MASTERS", "SIGNING", "OPENING", "CLAIMS"):
            patch.delenv(f"VERITEM_KEYS_{kind}_PASSPHRASE")
        assert "is not signed in here" in shell("order", "approve", "O1", "--as", "bo").err


FORGED = (
    *(
        f"UPDATE orders SET state = 'approved', decided_by = '{who}', decided_at = 1"
        " WHERE id = 'o9'"
        for who in ("mai", "Mai ", "nobody", "off")
    ),
    "UPDATE proposals SET state = 'approved', decided_by = 'mai', decided_at = 1"
    " WHERE state = 'open'",
    "UPDATE staff SET role = 'administrator' WHERE id = 'mai'",
    "UPDATE staff SET id = 'x' WHERE id = 'mai'",
    "UPDATE staff SET disabled = false WHERE id = 'off'",
    "INSERT INTO transitions (seq, batch, lo, hi, transition, reason, actor, at, key, part,"
    " request, hash) SELECT 1 + max(seq), 1, 0, 9, 'recall', 'ordered', 'mai', 0, 'proposal:1', 7,"
    " '', '' FROM transitions",
)


async def test_postgresql_refuses_her_forged_decisions(postgres: PostgresServer) -> None:
    url = postgres.database()
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        await add_accounts(ledger, "mai", "off")
        await ledger.staff.disable("off", actor="mai")
        await activated(ledger)
        await ledger.orders.add(Order("o9", 5, "sealed", requested_by="mai"))
        key = await allow_recall(ledger, lot="L1")
        proposal = await ledger.proposals.get(int(key.partition(":")[2]))
        await ledger.transitions.recall_lot("L1", actor="binh", reason="ordered", key=key)
        await ledger.proposals.mark_used(proposal.id, "an")
        await ledger.proposals.add(
            "recall", "lot:L1", document={}, reason=None, actor="mai", key="k"
        )
        for statement in FORGED:
            with psycopg.connect(url) as owner, pytest.raises(psycopg.Error) as refused:
                owner.execute(statement.encode())
            assert refused.value.sqlstate in ("VT002", "VT003", "23514"), statement
        open_ones = await ledger.proposals.find_page(
            ProposalFilter(state=ProposalState.OPEN), limit=9
        )
        assert [one.requested_by for one in open_ones] == ["mai"]
        assert (await ledger.audit.verify()).ok
