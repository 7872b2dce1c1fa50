"""Alerts: opened with their evidence, decided with a cause, their stamp blocked."""

import pytest

from ledger import NO_SCANS, AlertState, ScanRow
from ledger.errors import IllegalAlertDecision
from services.alerts import alerts
from services.documents import describe_case
from services.errors import Forbidden, InvalidInput
from stamps.lifecycle import State
from tests.services.office import NOW, Office, new_key


async def raise_alert(office: Office, batch: int, index: int | None = 3) -> int:
    rows = [
        ScanRow(
            id=bytes([n]) * 16,
            batch=batch,
            index=index or 0,
            at=NOW + n * 60_000,
            via="page",
            verdict="suspect",
            score=8.0,
            reasons=("many_places",),
            device=n,
            net=n,
            lat=None,
            lon=None,
            province=None,
            country="VN",
        )
        for n in range(2)
    ]
    await office.ledger.scans.append(rows)
    kind = "stamp" if index is not None else "batch"
    alert = await office.ledger.alerts.report(
        kind, batch, index, score=8.0, reasons=["many_places"], scans=[rows[1].id]
    )
    return alert.id


async def test_opening_an_alert_shows_its_evidence_and_is_recorded(office: Office) -> None:
    number = await office.activate_batch()
    alert = await raise_alert(office, number)
    case = await alerts.open_alert(office.context("inspector"), alert)
    document = describe_case(case)
    assert [scan.is_evidence for scan in document.scans] == [False, True]
    assert case.is_suspendable
    looks = [e for e in await office.ledger.audit.list_after() if e.action == "alert.see"]
    assert [(e.actor, e.subject) for e in looks] == [("inspector", f"alerts:{alert}")]
    with pytest.raises(Forbidden):
        await alerts.open_alert(office.context("packer"), alert)


async def test_an_alert_is_decided_step_by_step(office: Office) -> None:
    number = await office.activate_batch()
    alert, inspector = await raise_alert(office, number), office.context("inspector")
    with pytest.raises(IllegalAlertDecision):
        await alerts.decide_alert(inspector, alert, AlertState.CLOSED)
    taken = await alerts.decide_alert(inspector, alert, AlertState.INVESTIGATING)
    assert (taken.owner, taken.updated_at) == ("inspector", office.now)
    with pytest.raises(Forbidden):
        await alerts.decide_alert(
            office.context("authority"), alert, AlertState.CONFIRMED, cause="copied"
        )
    with pytest.raises(InvalidInput):
        await alerts.decide_alert(
            inspector, alert, AlertState.CONFIRMED, cause="copied", note="x" * 2001
        )
    await alerts.decide_alert(inspector, alert, AlertState.CONFIRMED, cause="copied")
    await alerts.decide_alert(inspector, alert, AlertState.CLOSED)
    assert (await alerts.list_alerts(inspector)).items == []
    closed = await alerts.list_alerts(inspector, state=AlertState.CLOSED)
    assert [one.cause for one in closed.items] == ["copied"]


async def test_the_stamp_of_an_alert_is_suspended_and_a_batch_is_not(office: Office) -> None:
    number = await office.activate_batch()
    alert, inspector = await raise_alert(office, number, 3), office.context("inspector")
    await alerts.suspend_stamp(inspector, alert, "counterfeit", new_key())
    assert (await office.ledger.transitions.get_span(number, 3)).state is State.SUSPENDED
    assert (await office.ledger.transitions.get_span(number, 4)).state is State.ACTIVATED
    assert not (await alerts.open_alert(inspector, alert)).is_suspendable
    whole = await raise_alert(office, number, None)
    assert (await alerts.open_alert(inspector, whole)).scans == NO_SCANS
    with pytest.raises(InvalidInput):
        await alerts.suspend_stamp(inspector, whole, "counterfeit", new_key())


async def test_a_batch_alert_names_its_parties_and_its_anomalous_stamps(office: Office) -> None:
    number = await office.activate_batch()
    await office.ledger.scans.append(
        [
            ScanRow(
                id=bytes([index]) * 16, batch=number, index=index, at=NOW, via="page",
                verdict="authentic", score=5.0, anomalous=index != 2,
            )
            for index in (1, 2, 3)
        ]
    )  # fmt: skip
    alert = await office.ledger.alerts.report("batch", number, None, score=3.0, reasons=["batch"])
    inspector = office.context("inspector")
    case = await alerts.open_alert(inspector, alert.id, limit=1)
    assert case.parties is not None
    assert case.parties.packer is not None
    assert case.parties.print_house is not None
    assert (case.parties.packer.id, case.parties.print_house.id) == ("krong-pac", "in-mekong")
    assert case.stamps.items == [(number, 1)]
    rest = await alerts.list_alert_stamps(inspector, alert.id, after=case.stamps.next)
    assert (rest.items, rest.next) == ([(number, 3)], None)
    with pytest.raises(Forbidden):
        await alerts.list_alert_stamps(office.context("packer"), alert.id)
