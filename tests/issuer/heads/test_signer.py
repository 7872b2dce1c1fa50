"""The signer signs what extends its last head, and nothing else."""

import json
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from issuer.heads import (
    HeadKeyStore,
    LossNotAccepted,
    NoHeadKey,
    NoSignerState,
    SignerBusy,
    SignerState,
)
from issuer.heads.key import HeadKeyExists
from issuer.heads.signer import DAY_MS
from issuer.heads.state import MOST_PENDING
from issuer.keystore import WeakPassphrase
from ledger import Ledger
from ledger.audit.chain_proof import HistoryRewritten, LostRange
from ledger.audit.head_statement import HeadStatement, SignedHead, StatedRecall, list_in_force
from ledger.backups.accepted_loss import (
    RESTORE_ACCEPTED,
    NothingLost,
    describe_loss,
    record_accepted_loss,
)
from ledger.stamps.recalls import RecallTarget, carry_out_recall
from stamps.errors import BadSignature, WrongPassphrase
from tests.accounts import add_accounts
from tests.insider import Insider, open_insider
from tests.issuer.heads.signing import KEY, OTHER_KEY, open_signer
from tests.issuer.test_keystore import dies_at_write, in_a_child
from tests.ledger.conftest import Clock
from tests.ledger.world import a_key, a_lot, activated, allow_recall

WORDS = "a passphrase for heads"


@pytest.fixture
def insider(url: str) -> Iterator[Insider]:
    with open_insider(url) as opened:
        yield opened


async def recall(ledger: Ledger, lot: str = "L1") -> None:
    key = await allow_recall(ledger, lot=lot)
    await ledger.transitions.recall_lot(lot, actor="i", reason="food-safety", key=key)


async def test_heads_follow_the_ledger_and_are_signed_once(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    with open_signer(tmp_path / "heads", clock) as signer:
        empty = await signer.sign(ledger)
        await activated(ledger)
        first = await signer.sign(ledger)
        assert await signer.sign(ledger) is None
        await recall(ledger)
        clock.now -= 5_000  # a clock that is set back: statements keep their order
        second = await signer.sign(ledger)
        assert empty
        assert first
        assert second
        assert second.statement.heads == {
            "transitions": await ledger.transitions.get_head(),
            "audit": await ledger.audit.get_head(),
        }
        times = [head.statement.at for head in (empty, first, second)]
        assert times == sorted(set(times))
    with open_signer(tmp_path / "heads", clock) as signer:  # another process goes on
        assert signer.state.last == second
        assert await signer.sign(ledger) is None
        clock.now = times[-1] + DAY_MS
        daily = await signer.sign(ledger)
        assert daily
        assert daily.statement.heads == second.statement.heads
    report = await ledger.audit.verify(signed=[empty.statement, first.statement, daily.statement])
    assert report.ok, report.problems


async def decide_recall(ledger: Ledger, reason: str = "food-safety", **target: Any) -> None:
    """Recall as two people."""
    document = RecallTarget(**target).to_document()
    asked = await ledger.proposals.add(
        "recall", f"recall:{a_key()}", document=document, reason=reason, actor="lan", key=a_key()
    )
    await ledger.proposals.approve(asked.id, "minh", act=carry_out_recall)


async def test_a_head_states_the_recalls_since_the_last_and_counts_the_rest(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    await add_accounts(ledger, "lan", "minh")
    batch = await activated(ledger)
    with open_signer(tmp_path / "heads", clock) as signer:
        first = await signer.sign(ledger)
        await decide_recall(ledger, ranges=((batch, 0, 2), (batch, 5, 6)))
        second = await signer.sign(ledger)
        await decide_recall(ledger, lot="L1", reason="low-quality")
        # No stamp is bound to it: no transition follows, and the recall counts all the same.
        await a_lot(ledger, "đậu")
        await decide_recall(ledger, lot="đậu")
        third = await signer.sign(ledger)
        clock.now += DAY_MS + 1_000
        fourth = await signer.sign(ledger)
    assert first
    assert second
    assert third
    assert fourth
    assert [first.statement.recalls, fourth.statement.recalls] == [(), ()]
    (ranges,) = second.statement.recalls
    assert json.loads(ranges.content) == {
        "ranges": [[batch, 0, 2], [batch, 5, 6]],
        "reason": "food-safety",
    }
    assert [json.loads(one.content)["lot"] for one in third.statement.recalls] == ["L1", "đậu"]
    assert third.statement.made == await ledger.chains.count_transitions(10**6)
    assert fourth.statement.made == third.statement.made
    assert second.statement.made == {**(first.statement.made or {}), "recall": 2}
    assert "lan" not in third.statement.format()


async def test_recalls_without_room_are_counted(
    ledger: Ledger, tmp_path: Path, clock: Clock
) -> None:
    await add_accounts(ledger, "lan", "minh")
    batch = await activated(ledger)
    await decide_recall(ledger, ranges=((batch, 0, 1),))
    await decide_recall(ledger, ranges=tuple((batch, lo, lo + 1) for lo in range(1, 99)))
    with open_signer(tmp_path / "heads", clock) as signer:
        head = await signer.sign(ledger)
        assert head
        assert (len(head.statement.recalls), head.statement.left_out) == (2, 0)
    document = RecallTarget(ranges=((batch, 0, 1),) * 2000).to_document()
    for _ in range(2):  # two that have no room together with the others
        asked = await ledger.proposals.add(
            "recall", a_key(), document=document, reason="stolen", actor="lan", key=a_key()
        )
        await ledger.proposals.approve(asked.id, "minh", act=None)
    with open_signer(tmp_path / "heads", clock) as signer:
        head = await signer.sign(ledger)
    assert head
    assert (len(head.statement.recalls), head.statement.left_out) == (0, 2)
    assert SignedHead.parse(head.note.format()) == head


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE transitions SET reason = 'misprint' WHERE seq = 3", "transitions 3"),
        ("DELETE FROM transitions WHERE seq = 3", "transitions 3"),
        ("UPDATE audit SET actor = 'another' WHERE seq = 2", "audit 5"),
        ("DELETE FROM audit WHERE seq = 1", "audit 5"),
    ],
)
async def test_a_rewritten_history_is_not_signed(
    ledger: Ledger, insider: Insider, tmp_path: Path, clock: Clock, change: str, named: str
) -> None:
    await activated(ledger)
    await recall(ledger)
    with open_signer(tmp_path / "heads", clock) as signer:
        signed = await signer.sign(ledger)
        assert signed
        insider.sql(change)
        insider.reseal()
        await look(ledger)
        with pytest.raises(HistoryRewritten, match="history was rewritten or an old copy") as found:
            await signer.sign(ledger)
        chain, seq = found.value.chain, found.value.seq
        assert f"{chain} {seq}".startswith(named.split()[0])
        assert str(signed.statement.heads[chain][0]) in found.value.signed
        assert signer.state.last == signed
        assert signer.state.list_due("any") == [signed]
    assert SignerState.load(tmp_path / "heads").refusal == str(found.value)


async def look(ledger: Ledger) -> None:
    """Append to the audit log, whatever the insider left of it."""
    await ledger.audit.append(actor="x", action="look", subject="lots:L1")


async def test_an_edit_before_the_head_is_found_by_the_daily_proof(
    ledger: Ledger, insider: Insider, tmp_path: Path, clock: Clock
) -> None:
    await activated(ledger)
    await recall(ledger)
    with open_signer(tmp_path / "heads", clock) as signer:
        assert await signer.sign(ledger)
        insider.sql("UPDATE audit SET actor = 'another' WHERE seq = 2")
        assert await signer.sign(ledger) is None  # the rows after the head are as they were
        clock.now += DAY_MS
        with pytest.raises(HistoryRewritten, match="audit 2 does not follow"):
            await signer.sign(ledger)
        insider.sql("DELETE FROM chain_heads WHERE name = 'audit'")
        with pytest.raises(HistoryRewritten, match="audit"):
            await signer.sign(ledger)


async def test_a_restored_old_copy_is_signed_only_after_two_people_accept_its_loss(
    ledger: Ledger, insider: Insider, tmp_path: Path, clock: Clock
) -> None:
    await add_accounts(ledger, "lan", "minh")
    await activated(ledger)
    with open_signer(tmp_path / "heads", clock) as signer:
        before = await signer.sign(ledger)
        assert before
        with pytest.raises(NothingLost):
            await signer.sign_accepted_loss(ledger)
        with pytest.raises(NothingLost):
            describe_loss(await ledger.chains.compare([before.statement]))
        await recall(ledger)
        lost = await signer.sign(ledger)
        assert lost
        for chain, (seq, _) in before.statement.heads.items():
            insider.sql(f"DELETE FROM {chain} WHERE seq > {seq}")  # noqa: S608
        insider.reseal()
        with pytest.raises(HistoryRewritten, match="was removed"):
            await signer.sign(ledger)
        with pytest.raises(LossNotAccepted, match="nobody did"):
            await signer.sign_accepted_loss(ledger)
        signed = [before.statement, lost.statement]
        document = describe_loss(await ledger.chains.compare(signed))
        ends = before.statement.heads, lost.statement.heads
        assert document["lost"] == [
            str(LostRange(chain, ends[0][chain][0] + 1, ends[1][chain][0])) for chain in ends[0]
        ]
        await accept(ledger, {**document, "replaced": document["replaced"] | {"audit": "9:ab"}})
        with pytest.raises(LossNotAccepted, match="the loss of another head"):
            await signer.sign_accepted_loss(ledger)
        await accept(ledger, {**document, "kept": document["kept"] | {"audit": 99}})
        with pytest.raises(HistoryRewritten, match="is not here"):
            await signer.sign_accepted_loss(ledger)
        await alone(ledger, document)
        with pytest.raises(LossNotAccepted, match="fewer than two accounts"):
            await signer.sign_accepted_loss(ledger)
        await accept(ledger, document)
        accepted = await signer.sign_accepted_loss(ledger)
        await look(ledger)
        after = await signer.sign(ledger)
        assert after
    assert accepted.statement.loss
    assert accepted.statement.loss.replaced == lost.statement.heads
    every = [before, lost, accepted, after]
    assert not (await ledger.chains.compare([head.statement for head in every])).ok
    in_force = [head.statement for head in list_in_force(every)]
    assert in_force == [before.statement, accepted.statement, after.statement]
    assert (await ledger.chains.compare(in_force)).ok


async def accept(ledger: Ledger, document: dict[str, Any]) -> None:
    """Accept a loss as two people."""
    asked = await ledger.proposals.add(
        "restore.accept", "ledger", document=document, reason=None, actor="lan", key=a_key()
    )
    await ledger.proposals.approve(asked.id, "minh", act=record_accepted_loss)


async def alone(ledger: Ledger, document: dict[str, Any]) -> None:
    """Write the entry of an acceptance as whoever may append to the audit log."""
    await ledger.audit.append(
        actor="lan",
        action=RESTORE_ACCEPTED,
        subject="ledger",
        details={**document, "accepted_by": ["lan", "LAN "]},
    )


def test_a_signer_that_forgot_what_it_signed_does_not_sign(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "heads"
    key = HeadKeyStore(folder).create(KEY.ledger, WORDS, clock.now)
    state = folder / "state.json"
    kept = state.read_bytes()
    for broken in (b"", b"[]", kept.replace(b"signer v1", b"signer v9")):
        state.write_bytes(broken)
        with pytest.raises(NoSignerState), SignerState.lock(folder, key.public_keys()):
            pass
    state.unlink()
    with (
        pytest.raises(NoSignerState, match="veritem heads recover"),
        SignerState.lock(folder, key.public_keys()),
    ):
        pass
    # A head of another key: somebody put the file there.
    forged = SignerState(folder)
    forged.add(OTHER_KEY.sign(a_statement(1)))
    with pytest.raises(BadSignature), SignerState.lock(folder, key.public_keys()):
        pass


def a_statement(at: int) -> HeadStatement:
    ends = {"transitions": (at, "cd" * 32), "audit": (at, "ab" * 32)}
    return HeadStatement(KEY.ledger, ends, at)


@pytest.mark.parametrize("before", [True, False])
def test_a_head_leaves_the_process_only_when_it_is_stored(tmp_path: Path, before: bool) -> None:
    folder, pushed = tmp_path / "heads", tmp_path / "pushed"
    folder.mkdir()
    SignerState.create(folder)

    def sign_and_push() -> None:
        state = SignerState.load(folder)
        state.add(KEY.sign(a_statement(1)))
        pushed.touch()

    assert os.WIFSIGNALED(in_a_child(sign_and_push, dies_at_write(1, before=before)))
    assert not pushed.exists()
    with SignerState.lock(folder, KEY.public_keys()) as state:
        # Killed after the write: the head waits to be pushed. Before it: nobody has seen it.
        assert [head.statement.at for head in state.list_due("p")] == ([] if before else [1])
        state.add(KEY.sign(a_statement(2)))
    assert not list(folder.glob(".*.tmp"))


def test_a_full_disk_forgets_the_signature(tmp_path: Path) -> None:
    folder = tmp_path / "heads"
    folder.mkdir()
    SignerState.create(folder)

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    def sign() -> None:
        state = SignerState.load(folder)
        try:
            state.add(KEY.sign(a_statement(1)))
        except OSError:
            assert (state.last, state.pending) == (None, [])
            raise

    assert os.waitstatus_to_exitcode(in_a_child(sign, full)) == 7
    assert SignerState.load(folder).last is None


def test_heads_that_wait_for_a_place_that_is_away_are_bounded(tmp_path: Path) -> None:
    state = SignerState(tmp_path)
    state.keep_places(["p", "q"])
    state.pending = [KEY.sign(a_statement(at)) for at in range(MOST_PENDING)]
    state.add(KEY.sign(a_statement(MOST_PENDING)))
    due = [head.statement.at for head in state.list_due("p")]
    assert due == [*range(1, MOST_PENDING, 2), MOST_PENDING]
    state.note_pushed("p", due[-1], 1)
    assert (state.list_due("p"), len(state.list_due("q"))) == ([], len(due))
    state.note_pushed("q", due[-1], 1)
    assert state.pending == []
    assert [head.statement.at for head in state.list_due("named later")] == [due[-1]]


def test_a_head_that_states_a_recall_waits_however_many_wait(tmp_path: Path) -> None:
    state = SignerState(tmp_path)
    state.keep_places(["p"])
    stated = replace(a_statement(2), recalls=(StatedRecall(1, "{}"),))
    state.pending = [
        KEY.sign(stated if at == 2 else a_statement(at)) for at in range(MOST_PENDING + 1)
    ]
    for at in range(3):
        state.add(KEY.sign(a_statement(MOST_PENDING + 1 + at)))
    due = state.list_due("p")
    assert len(due) < MOST_PENDING
    assert stated in [head.statement for head in due]


def test_two_signers_do_not_run_at_once(tmp_path: Path, clock: Clock) -> None:
    with (
        open_signer(tmp_path / "heads", clock),
        pytest.raises(SignerBusy),
        open_signer(tmp_path / "heads", clock),
    ):
        pass


def test_the_key_is_encrypted_and_rotated(tmp_path: Path) -> None:
    store = HeadKeyStore(tmp_path / "heads")
    with pytest.raises(NoHeadKey, match="veritem heads key create"):
        store.open(WORDS)
    with pytest.raises(WeakPassphrase):
        store.create("tem.example/l", "short", 1)
    first = store.create("tem.example/l", WORDS, 1)
    with pytest.raises(HeadKeyExists):
        store.create("tem.example/l", WORDS, 1)
    with pytest.raises(WrongPassphrase):
        store.open(WORDS + "!")
    old = first.sign(a_statement_of("tem.example/l"))
    rotated = store.rotate(WORDS, 2)
    new = rotated.sign(a_statement_of("tem.example/l"))
    for head in (old, new, store.open(WORDS).sign(new.statement)):
        rotated.public_keys().verify(head)
    with pytest.raises(BadSignature):
        first.public_keys().verify(new)
    names = {path.name: path.stat().st_mode & 0o777 for path in store.directory.glob("*.json")}
    assert names == {"heads.json": 0o600, "public.json": 0o644, "state.json": 0o600}
    altered = (store.directory / "heads.json").read_bytes().replace(b"example/l", b"example/m")
    (store.directory / "heads.json").write_bytes(altered)
    with pytest.raises(WrongPassphrase):
        store.open(WORDS)
    shutil.rmtree(store.directory)


def a_statement_of(ledger: str) -> HeadStatement:
    return HeadStatement(ledger, a_statement(1).heads, 1)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_creation_can_be_repeated(tmp_path: Path, number: int, before: bool) -> None:
    store = HeadKeyStore(tmp_path / "heads")

    def create() -> object:
        return store.create(KEY.ledger, WORDS, 1)

    died: Callable[[], None] = dies_at_write(number, before=before)
    assert os.WIFSIGNALED(in_a_child(create, died))
    if number == 3 and not before:
        store.open(WORDS)
    else:
        create()
    with SignerState.lock(store.directory, store.open(WORDS).public_keys()) as state:
        assert state.last is None
