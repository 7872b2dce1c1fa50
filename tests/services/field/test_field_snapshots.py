"""Field snapshots: what they list, what a delta changes, and who cannot forge or take one."""

import asyncio
import json

import numpy as np
import pytest

from issuer.field_snapshot import FieldSnapshot, MalformedSnapshot, parse_snapshot
from ledger.errors import UnknownRow
from ledger.field.field_snapshots import StoredSnapshot
from services.errors import Forbidden
from services.field import field_snapshots
from services.field.field_snapshots import FULL_MS, SnapshotMaker
from services.stamps import transitions
from services.stamps.transitions import TransitionRequest
from stamps.errors import BadSignature
from stamps.lifecycle import Transition
from stamps.listed_codes import make_keys
from stamps.signature import PublicKeys
from tests.services.office import RING, SIGNER, Office, new_key

HOUR_MS = 3_600_000


def maker(office: Office) -> SnapshotMaker:
    return SnapshotMaker(office.ledger, office.issuer, lambda: office.now, "VERITEM.VN")


async def load(office: Office, stored: StoredSnapshot) -> FieldSnapshot:
    file = await field_snapshots.take_snapshot(office.context("inspector"), stored.version)
    assert len(file) == stored.size
    return parse_snapshot(file, SIGNER.public_keys())


def keys_of(batch: int, *indexes: int) -> np.ndarray:
    return make_keys(np.concatenate([RING.seal(batch, one, one + 1) for one in indexes]))


async def change(office: Office, transition: Transition, range_: str, reason: str) -> None:
    request = TransitionRequest(transition, ranges=(range_,), reason=reason)
    await transitions.apply_transition(office.context("inspector"), request, new_key())


async def test_a_snapshot_lists_void_suspended_and_recalled_stamps_and_no_living_ones(
    office: Office,
) -> None:
    batch = await office.activate_batch(1000)
    await change(office, Transition.SUSPEND, f"{batch}·10-19", "counterfeit")
    printed = await office.print_batch(100)
    void = TransitionRequest(Transition.VOID, ranges=(f"{printed}·5",), reason="lost")
    await transitions.apply_transition(office.context("packer"), void, new_key())
    stored = await maker(office).make("timer")
    assert (stored.version, stored.is_full, stored.codes) == (1, True, 11)
    snapshot = await load(office, stored)
    assert snapshot.find_listed(keys_of(batch, *range(10, 20))).all()
    assert snapshot.find_listed(keys_of(printed, 5)).all()
    living = snapshot.find_listed(keys_of(batch, *range(20, 1000)))
    assert living.mean() < 3 / 256
    assert snapshot.content["hosts"] == ["VERITEM.VN"]
    assert snapshot.content["epochs"] == [0]
    keys = PublicKeys.from_jwks({"keys": snapshot.content["keys"]})
    assert keys.to_jwks() == SIGNER.public_keys().to_jwks()
    entry = (await office.ledger.audit.list_of_subject("field_snapshots:1", limit=1))[0]
    assert (entry.actor, entry.action, entry.details["codes"]) == ("timer", "field.snapshot", 11)


async def test_a_delta_has_what_joined_and_left_and_is_small(office: Office) -> None:
    batch = await office.activate_batch(5000)
    await change(office, Transition.SUSPEND, f"{batch}·0-1999", "counterfeit")
    full = await load(office, await maker(office).make("timer"))
    await change(office, Transition.RELEASE, f"{batch}·0-4", "cleared")
    await change(office, Transition.SUSPEND, f"{batch}·3000-3009", "counterfeit")
    office.now += HOUR_MS
    stored = await maker(office).make("timer")
    assert (stored.version, stored.base, stored.codes) == (2, 1, 2005)
    assert stored.size < 1500
    delta = await load(office, stored)
    assert not delta.find_listed(keys_of(batch, *range(5)), full).all()
    assert delta.find_listed(keys_of(batch, 5, 1999, *range(3000, 3010)), full).all()
    with pytest.raises(ValueError, match="extends snapshot 1"):
        delta.find_listed(keys_of(batch, 5))


async def test_a_day_later_or_after_much_change_the_next_snapshot_is_full(office: Office) -> None:
    batch = await office.activate_batch(1000)
    await change(office, Transition.SUSPEND, f"{batch}·0-9", "counterfeit")
    assert (await maker(office).make("timer")).is_full
    await change(office, Transition.SUSPEND, f"{batch}·100-199", "counterfeit")
    grown = await maker(office).make("timer")
    assert (grown.version, grown.is_full, grown.codes) == (2, True, 110)
    assert not (await maker(office).make("timer")).is_full
    office.now += FULL_MS
    assert (await maker(office).make("timer")).is_full
    assert (await maker(office).make("timer", full=True)).is_full


async def test_the_desk_makes_one_only_where_the_newest_is_old(office: Office) -> None:
    assert await maker(office).keep_fresh("timer", HOUR_MS) is not None
    assert await maker(office).keep_fresh("timer", HOUR_MS) is None
    office.now += HOUR_MS
    assert await maker(office).keep_fresh("timer", HOUR_MS) is not None


async def test_two_that_are_made_at_once_are_one(office: Office) -> None:
    made = await asyncio.gather(*(maker(office).make("timer") for _ in range(3)))
    assert {one.version for one in made} == {1}


async def test_old_snapshots_are_removed_and_the_newest_stay(office: Office) -> None:
    batch = await office.activate_batch(100)
    await change(office, Transition.SUSPEND, f"{batch}·0-9", "counterfeit")
    for _ in range(5):
        await maker(office).make("timer", full=True)
    for _ in range(6):
        newest = await maker(office).make("timer")
    kept = [
        version
        for version in range(1, 12)
        if await office.ledger.field_snapshots.find(version) is not None
    ]
    assert kept == [3, 4, 5, 8, 9, 10, 11]
    assert newest.base == 5
    with pytest.raises(UnknownRow):
        await field_snapshots.take_snapshot(office.context("inspector"), 1)


async def test_a_changed_snapshot_and_a_foreign_signature_are_refused(office: Office) -> None:
    await maker(office).make("timer")
    file = await field_snapshots.take_snapshot(office.context("inspector"), 1)
    first, _, rest = file.partition(b"\n")
    keys = SIGNER.public_keys()
    with pytest.raises(MalformedSnapshot):
        parse_snapshot(first + b"\n" + bytes(len(rest)), keys)
    with pytest.raises(MalformedSnapshot):
        parse_snapshot(file + b"x", keys)
    signed = json.loads(first)
    signed["snapshot"]["expires_at"] = "2099-01-01T00:00:00Z"
    with pytest.raises(BadSignature):
        parse_snapshot(json.dumps(signed).encode() + b"\n" + rest, keys)
    # A signature of a manifest over the same bytes passes for none of a snapshot.
    bare = json.dumps(
        json.loads(first)["snapshot"], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    signed = {"snapshot": json.loads(bare), "signature": SIGNER.sign_manifest(0, bare.encode())}
    with pytest.raises(BadSignature):
        parse_snapshot(json.dumps(signed).encode() + b"\n" + rest, keys)


@pytest.mark.parametrize("who", ["packer", "press", "authority", "issuer"])
async def test_only_who_checks_in_the_field_takes_a_snapshot(office: Office, who: str) -> None:
    await maker(office).make("timer")
    with pytest.raises(Forbidden):
        await field_snapshots.take_snapshot(office.context(who), 1)
