"""Transitions as events: every one but a claim has a meaning, and ids follow from the act."""

import pytest

from stamps.lifecycle import Transition
from traceability.epcis.event_hash import compute_event_hash, hash_document
from traceability.epcis.transition_events import MEANINGS, StampAct, build_document, build_event

ADDRESS = "https://veritem.vn"
AT = 1_790_000_000_000


def act(transition: Transition = Transition.ACTIVATE, **fields: object) -> StampAct:
    return StampAct(7, 0, 5_000, transition, AT, **fields)  # type: ignore[arg-type]


def test_every_transition_but_a_claim_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Transition) - {Transition.CLAIM}


def test_an_activation_commissions_stamps_of_a_lot() -> None:
    event = build_event(
        act(lot="DL-2026-0912", gtin="08935000000014", location="8935000000014"), ADDRESS
    )
    assert event["action"], event["bizStep"] == ("ADD", "commissioning")
    assert event["disposition"] == "active"
    assert event["quantityList"] == [
        {"epcClass": "https://id.gs1.org/01/08935000000014/10/DL-2026-0912", "quantity": 5_000}
    ]
    assert event["readPoint"] == {"id": "https://id.gs1.org/414/8935000000014"}
    assert event["veritem:stamps"] == "7·0-4999"


@pytest.mark.parametrize(
    ("lot", "gtin", "name"),
    [
        (None, None, f"{ADDRESS}/batch/7"),
        (None, "08935000000014", "https://id.gs1.org/01/08935000000014"),
        ("DL-1", None, f"{ADDRESS}/lot/DL-1"),
        ("Lô 7/2026", "08935000000014", f"{ADDRESS}/lot/L%C3%B4%207%2F2026"),
    ],
)
def test_stamps_are_named_by_the_finest_class_that_is_known(
    lot: str | None, gtin: str | None, name: str
) -> None:
    event = build_event(act(lot=lot, gtin=gtin), ADDRESS)
    assert event["quantityList"][0]["epcClass"] == name


def test_an_event_happens_when_it_was_done_and_is_recorded_later() -> None:
    event = build_event(act(acted_at=AT - 3_600_000), ADDRESS)
    assert event["eventTime"] == "2026-09-21T13:13:20Z"
    assert event["recordTime"] == "2026-09-21T14:13:20Z"


def test_a_stolen_stamp_is_stolen_and_a_recalled_one_stays_recalled() -> None:
    assert build_event(act(Transition.VOID, reason="stolen"), ADDRESS)["disposition"] == "stolen"
    assert build_event(act(Transition.VOID, reason="spoiled"), ADDRESS)["disposition"] == "inactive"
    recalled = build_event(act(Transition.RECALL, reason="food-safety"), ADDRESS)
    assert recalled["persistentDisposition"] == {"set": ["recalled"]}


def test_the_id_of_an_event_is_its_hash_in_the_document() -> None:
    events = [build_event(act(kind), ADDRESS) for kind in MEANINGS]
    document = build_document(events, AT)
    assert [one["eventID"] for one in events] == hash_document(document)
    assert len({one["eventID"] for one in events}) == len(MEANINGS)


def test_the_time_of_the_record_does_not_change_the_id() -> None:
    event = build_event(act(), ADDRESS)
    assert event["eventID"] == compute_event_hash(
        {**event, "recordTime": "2027-01-01T00:00:00Z"}, {"veritem": "https://veritem.vn/epcis/"}
    )
