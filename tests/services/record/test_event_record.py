"""The record of events: who tells, who sees, and that a report can be sent again."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import UnknownRow
from services.errors import Forbidden, InvalidInput
from services.record.event_record import find_event, list_events, record_events
from stamps.timestamps import parse_rfc3339
from tests.services.office import NOW, Office
from tests.services.test_province_scope import of_province
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document
from traceability.epcis.event_reader import MalformedEvent, format_event_id

AT = parse_rfc3339(EVENT["eventTime"])
LOT = "https://id.gs1.org/01/08935000000014/10/DL-2026-0912"


@pytest.fixture(autouse=True)
def after_the_event(office: Office) -> None:
    office.now = max(NOW, AT + 60_000)


async def see(office: Office, who: str, **asked: Any) -> list[str]:
    page = await list_events(office.context(who), **asked)
    return [row.organisation for row in page.items]


async def test_an_event_is_told_by_the_organisation_and_found_by_its_lot(office: Office) -> None:
    packer = office.context("packer")
    recorded = await record_events(packer, document(EVENT))
    assert (recorded.events, recorded.added) == (1, 1)
    assert (await record_events(packer, document(EVENT))).added == 0
    assert await see(office, "packer2", item=LOT) == ["krong-pac"]
    assert await see(office, "packer", place="urn:epc:id:sgln:8935000.00001.0") == ["krong-pac"]
    assert await see(office, "packer", item=LOT + "X") == []
    assert await see(office, "packer", place=LOT) == []
    assert await see(office, "packer", since=AT, until=AT + 1) == ["krong-pac"]
    assert await see(office, "packer", until=AT) == []


async def test_organisations_see_their_own_events_and_inspectors_all(office: Office) -> None:
    for who in ("packer", "other-packer"):
        await record_events(office.context(who), document(EVENT))
    assert await see(office, "packer") == ["krong-pac"]
    assert await see(office, "other-packer", item=LOT) == ["tan-phuoc"]
    assert sorted(await see(office, "inspector", item=LOT)) == ["krong-pac", "tan-phuoc"]
    [row] = await find_event(office.context("packer"), await _id_of(office))
    assert row.organisation == "krong-pac"
    assert len(await find_event(office.context("authority"), await _id_of(office))) == 2


async def test_the_authority_of_a_province_sees_the_events_of_its_packers(office: Office) -> None:
    known = await office.ledger.organisations.get("krong-pac")
    await office.ledger.organisations.replace(replace(known, province="66"))
    await record_events(office.context("packer"), document(EVENT))
    id_ = await _id_of(office)
    own, other = [await of_province(office, code) for code in ("66", "82")]
    assert len(await find_event(own, id_)) == 1
    assert (await list_events(other)).items == []
    with pytest.raises(UnknownRow):
        await find_event(other, id_)


async def test_a_declared_error_leaves_the_event_as_it_was_told(office: Office) -> None:
    packer = office.context("packer")
    await record_events(packer, document(EVENT))
    [before] = (await list_events(packer)).items
    declared = {"declarationTime": "2026-09-13T00:00:00Z", "reason": "incorrect_data"}
    recorded = await record_events(packer, document({**EVENT, "errorDeclaration": declared}))
    assert (recorded.added, recorded.errors_added) == (0, 1)
    [after] = (await list_events(packer)).items
    assert replace(after, errors=()) == before
    assert [one.body for one in after.errors] == [declared]


async def test_nothing_of_a_document_with_a_wrong_event_is_recorded(office: Office) -> None:
    with pytest.raises(MalformedEvent) as refused:
        await record_events(office.context("packer"), document(EVENT, {**EVENT, "action": "?"}))
    assert (refused.value.number, refused.value.field) == (2, "action")
    assert await see(office, "inspector") == []


async def test_an_event_of_tomorrow_is_refused(office: Office) -> None:
    office.now = AT - 86_400_000
    with pytest.raises(MalformedEvent, match="has not come yet"):
        await record_events(office.context("packer"), document(EVENT))


@pytest.mark.parametrize("who", ["press", "inspector", "authority", "issuer"])
async def test_those_who_did_no_work_tell_nothing(office: Office, who: str) -> None:
    with pytest.raises(Forbidden):
        await record_events(office.context(who), document(EVENT))


async def test_an_account_without_an_organisation_tells_nothing(office: Office) -> None:
    with pytest.raises(InvalidInput, match="organisation"):
        await record_events(office.context("operator"), document(EVENT))


async def test_unclear_questions_are_refused(office: Office) -> None:
    with pytest.raises(InvalidInput, match="place"):
        await list_events(office.context("packer"), item=LOT, place=LOT)
    with pytest.raises(InvalidInput, match="after"):
        await list_events(office.context("packer"), after="x")
    with pytest.raises(UnknownRow):
        await find_event(office.context("packer"), "urn:uuid:1")
    with pytest.raises(Forbidden):
        await list_events(office.context("press"))


async def _id_of(office: Office) -> str:
    [row, *_] = (await list_events(office.context("inspector"))).items
    return format_event_id(row.id)
