"""The signer signs what extends its last head, and nothing else."""

import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
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
from ledger.accepted_loss import (
    RESTORE_ACCEPTED,
    NothingLost,
    describe_loss,
    record_accepted_loss,
)
from ledger.chain_proof import HistoryRewritten, LostRange
from ledger.head_statement import HeadStatement, list_in_force
from stamps.errors import BadSignature, WrongPassphrase
from tests.accounts import add_accounts
from tests.insider import Insider, open_insider
from tests.issuer.heads.signing import KEY, OTHER_KEY, open_signer
from tests.issuer.test_keystore import dies_at_write, in_a_child
from tests.ledger.conftest import Clock
from tests.ledger.world import a_key, activated, allow_recall

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
    assert SignerState.read(tmp_path / "heads").refusal == str(found.value)


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
        state = SignerState.read(folder)
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
        state = SignerState.read(folder)
        try:
            state.add(KEY.sign(a_statement(1)))
        except OSError:
            assert (state.last, state.pending) == (None, [])
            raise

    assert os.waitstatus_to_exitcode(in_a_child(sign, full)) == 7
    assert SignerState.read(folder).last is None


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
