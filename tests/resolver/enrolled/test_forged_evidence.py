"""A resolver that was taken over writes what it wants into the journal: never an inspector's scan.

Both ways into the ledger, the direct journal and the recorder, are given the same forgeries.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from detection.rules import Rules
from ledger import Ledger, open_ledger
from ledger.storage.storage_errors import StorageDown
from resolver.current_rules import CurrentRules
from resolver.errors import NotRecorded
from resolver.journal import Evidence
from resolver.journal.direct import DirectJournal
from resolver.journal.encoding import decode_evidence, encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.recorder.recorder import REFUSED, Recorder
from resolver.redis import RedisStore, open_store
from stamps.key_ring import KeyRing
from tests.resolver.enrolled.device import (
    HANOI,
    HOUR_MS,
    SAIGON,
    TestDevice,
    a_key,
    enrol,
    evidence_of,
)
from tests.resolver.house import Clock, code_of, furnished
from tests.resolver.orchard import RING
from tests.servers import RedisServer

AT = Clock()()
CODE, OTHER = code_of(1, 7), code_of(1, 8)
Record = Callable[[Evidence, KeyRing | None], Awaitable[None]]
"""Journals evidence, and waits until it is in the ledger or refused."""


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    await furnished(tmp_path / "ledger.db")
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=Clock()) as opened:
        yield opened


@pytest.fixture
async def stream(redis_server: RedisServer) -> AsyncIterator[RedisStore]:
    store = open_store(redis_server.url(5))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    yield store
    await store.close()


@pytest.fixture(params=["direct", "stream"])
def record(request: pytest.FixtureRequest, ledger: Ledger) -> Record:
    current = CurrentRules(Rules())
    if request.param == "direct":

        async def record_directly(evidence: Evidence, keys: KeyRing | None = RING) -> None:
            journal = DirectJournal(ledger, current, 10, keys)
            with suppress(NotRecorded):
                await journal.record(evidence)
            await journal.close()

        return record_directly
    store: RedisStore = request.getfixturevalue("stream")

    async def record_by_stream(evidence: Evidence, keys: KeyRing | None = RING) -> None:
        await store.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(evidence))
        recorder = Recorder(store, ledger, current, group_size=10, keys=keys)
        assert await recorder.record_group() == 1
        assert await store.call(STREAM, "XLEN", STREAM) == 0

    return record_by_stream


@pytest.fixture
async def inspector(ledger: Ledger) -> TestDevice:
    return await enrol(ledger, AT - HOUR_MS)


async def refusals(ledger: Ledger) -> list[str]:
    """Why evidence was refused, as the audit log has it."""
    lines = await ledger.audit.list_after()
    return [why for line in lines if line.action == "scans.refuse" for why in line.details["why"]]


async def test_what_a_device_signed_is_recorded(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    for place in (None, HANOI, SAIGON._replace(lat=None, lon=None, province="79")):
        evidence = evidence_of(inspector.sign(CODE, AT, place))
        await record(evidence, RING)
        assert evidence.scan in await ledger.scans.list_of_stamp(1, 7)
    assert await refusals(ledger) == []


async def is_refused(ledger: Ledger, record: Record, forged: Evidence, why: str) -> None:
    await record(forged, RING)
    assert await ledger.scans.count() == 0
    assert await refusals(ledger) == [why]
    assert (await ledger.audit.verify()).ok


@pytest.mark.parametrize("via", ["inspector", "app", "visit", "boss", ""])
async def test_a_scan_without_signature_is_a_pages(
    ledger: Ledger, record: Record, inspector: TestDevice, via: str
) -> None:
    forged = evidence_of(inspector.sign(CODE, AT, HANOI), via=via, signed=None)
    await is_refused(ledger, record, forged, "unsigned")


async def test_another_key_signs_for_no_device(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    forged = evidence_of(TestDevice(inspector.id, a_key()).sign(CODE, AT, HANOI))
    await is_refused(ledger, record, forged, "signature")


async def test_a_device_that_nobody_enrolled_signs_nothing(ledger: Ledger, record: Record) -> None:
    forged = evidence_of(TestDevice("0" * 12, a_key()).sign(CODE, AT, HANOI))
    await is_refused(ledger, record, forged, "signature")


async def test_a_scan_is_not_moved_to_another_stamp(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    await is_refused(ledger, record, evidence_of(inspector.sign(CODE, AT), index=8), "other-stamp")


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT - 1},
        {"id": b"i" * 16},
        {"via": "app"},
        {"via": "page"},
        {"lat": 10.78, "lon": 106.7},
        {"province": "79"},
        {"ward": None},
        {"accuracy_m": 1.0},
        {"lat": None, "lon": None, "accuracy_m": None, "province": None, "ward": None},
    ],
)
async def test_what_was_signed_is_not_altered(
    ledger: Ledger, record: Record, inspector: TestDevice, change: dict[str, object]
) -> None:
    forged = evidence_of(inspector.sign(CODE, AT, HANOI))
    forged = forged._replace(scan=forged.scan._replace(**change))
    await is_refused(ledger, record, forged, "altered")


async def test_a_place_is_not_added(ledger: Ledger, record: Record, inspector: TestDevice) -> None:
    where = evidence_of(inspector.sign(CODE, AT, HANOI)).scan
    forged = evidence_of(
        inspector.sign(CODE, AT), lat=where.lat, lon=where.lon, accuracy_m=where.accuracy_m
    )
    await is_refused(ledger, record, forged, "altered")


async def test_an_apps_device_makes_no_inspectors_scan(ledger: Ledger, record: Record) -> None:
    app = await enrol(ledger, AT - HOUR_MS, "app", "bo")
    await is_refused(ledger, record, evidence_of(app.sign(CODE, AT)), "altered")


async def test_a_signature_over_another_payload_proves_nothing(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    header, payload, _ = inspector.sign(OTHER, AT).split(".")
    _, _, signature = inspector.sign(CODE, AT).split(".")
    forged = evidence_of(f"{header}.{payload}.{signature}")
    await is_refused(ledger, record, forged, "signature")


async def test_what_is_no_signed_scan_proves_nothing(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    forged = evidence_of(inspector.sign(CODE, AT), signed="a.b.c")
    await is_refused(ledger, record, forged, "malformed")


async def test_a_revoked_device_signs_nothing_later(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    before, after = (
        evidence_of(inspector.sign(CODE, AT)),
        evidence_of(inspector.sign(OTHER, AT + 1)),
    )
    await ledger.devices.revoke(inspector.id, actor="thanh", at=AT + 1)
    await record(before, RING)  # it was accepted while the device was enrolled
    await record(after, RING)
    assert await ledger.scans.list_of_stamp(1, 7) == [before.scan]
    assert await ledger.scans.list_of_stamp(1, 8) == []
    assert await refusals(ledger) == ["not-enrolled"]


async def test_a_scan_that_is_journaled_again_is_one_scan(
    ledger: Ledger, record: Record, inspector: TestDevice
) -> None:
    evidence = evidence_of(inspector.sign(CODE, AT, HANOI))
    await record(evidence, RING)
    await record(evidence._replace(scan=evidence.scan._replace(score=9.0, verdict="x")), RING)
    assert await ledger.scans.list_of_stamp(1, 7) == [evidence.scan]


@pytest.mark.parametrize("keys", [None, KeyRing(())])
async def test_without_keys_no_signed_scan_is_proven(
    ledger: Ledger, record: Record, inspector: TestDevice, keys: KeyRing | None
) -> None:
    await record(evidence_of(inspector.sign(CODE, AT)), keys)
    assert await ledger.scans.count() == 0
    assert await refusals(ledger) == ["other-stamp"]


async def test_a_forgery_does_not_hold_up_the_others(
    ledger: Ledger, stream: RedisStore, inspector: TestDevice
) -> None:
    good = [evidence_of(inspector.sign(CODE, AT + n, HANOI)) for n in range(3)]
    forged = [
        evidence_of(inspector.sign(OTHER, AT), index=9),
        evidence_of(inspector.sign(OTHER, AT), signed=None),
    ]
    for evidence in (good[0], forged[0], good[1], forged[1], good[2]):
        await stream.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(evidence))
    recorder = Recorder(stream, ledger, CurrentRules(Rules()), group_size=10, keys=RING)
    assert await recorder.record_group() == 5
    assert await ledger.scans.list_of_stamp(1, 7) == [one.scan for one in good]
    assert await ledger.scans.count() == 3
    assert recorder.metrics.unproven == {"other-stamp": 1, "unsigned": 1}
    aside = await stream.call(STREAM, "XRANGE", REFUSED, "-", "+")
    assert [decode_evidence(fields[1]) for _, fields in aside] == forged
    [line] = [line for line in await ledger.audit.list_after() if line.action == "scans.refuse"]
    assert line.actor == "recorder"
    assert line.details["devices"] == [inspector.id]
    assert line.details["scans"] == [one.scan.id.hex() for one in forged]
    assert b'veritem_recorder_unproven_total{why="unsigned"} 1.0' in recorder.metrics.render()


async def test_a_recorder_that_dies_before_it_noted_a_refusal_leaves_it_to_the_next(
    ledger: Ledger, stream: RedisStore, inspector: TestDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.recorder.recorder._CLAIM_MS", 50)
    good = evidence_of(inspector.sign(CODE, AT, HANOI))
    forged = evidence_of(inspector.sign(OTHER, AT), signed=None)
    for evidence in (good, forged):
        await stream.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(evidence))

    async def down(**_: object) -> None:
        raise StorageDown(detail="killed just here")

    current = CurrentRules(Rules())
    with monkeypatch.context() as patch:
        patch.setattr(ledger.audit, "append", down)
        with pytest.raises(StorageDown):
            await Recorder(
                stream, ledger, current, group_size=9, name="1", keys=RING
            ).record_group()
    assert await ledger.scans.count() == 1
    await asyncio.sleep(0.06)
    second = Recorder(stream, ledger, current, group_size=9, name="2", keys=RING)
    while await second.record_group():
        pass
    assert await ledger.scans.count() == 1
    assert await refusals(ledger) == ["unsigned"]
    assert await stream.call(STREAM, "XLEN", REFUSED) == 1
    assert await stream.call(STREAM, "XLEN", STREAM) == 0
