"""`veritem epcis`: ids of events, the record of events, and one clear line for a refusal."""

import asyncio
import json
from pathlib import Path

import pytest

from ledger import open_ledger
from ledger.record.epcis_events import NewEvent
from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document

VECTORS = Path(__file__).parents[1] / "vectors/epcis"


def test_each_event_of_a_document_has_a_line(veritem: Veritem) -> None:
    name = "persistentDisposition"
    expected = json.loads((VECTORS / "hashes.json").read_text())[name]
    assert veritem("epcis", "hash", str(VECTORS / f"{name}.jsonld")).out.split() == expected


def test_a_document_with_a_byte_order_mark_is_read(veritem: Veritem, tmp_path: Path) -> None:
    marked = tmp_path / "marked.jsonld"
    marked.write_bytes(b"\xef\xbb\xbf" + (VECTORS / "persistentDisposition.jsonld").read_bytes())
    assert veritem("epcis", "hash", str(marked)).status == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "is not an EPCIS document"),
        ('{"epcisBody": {"eventList": [{"eventTime": "noon"}]}}', "is not an EPCIS document"),
        (
            '{"epcisBody": {"eventList": [{"type": "ObjectEvent", "eventTime": "noon"}]}}',
            "Invalid isoformat string",
        ),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(
    veritem: Veritem, tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "document.jsonld"
    file.write_text(content)
    result = veritem("epcis", "hash", str(file))
    assert result.status != 0
    assert why in result.err
    assert "Traceback" not in result.err


def test_recorded_events_are_listed_with_what_declares_them_wrong(
    place: Veritem, tmp_path: Path
) -> None:
    body = {"type": "ObjectEvent", "bizStep": "packing"}
    event = NewEvent("a" * 64, "ObjectEvent", 0, "packing", body, {}, [("item", "x:1")], {"x": 1})

    async def tell() -> None:
        async with await open_ledger(f"sqlite:///{find_ledger(tmp_path)}") as ledger:
            await ledger.epcis_events.record("krong-pac", [event], actor="mai")

    asyncio.run(tell())
    [line] = place("epcis", "events", "--item", "x:1").out.splitlines()
    assert "krong-pac  packing, declared an error" in line
    assert place("epcis", "events", "--place", "x:1", "--json").json["events"] == []


def test_an_account_without_an_organisation_records_nothing(place: Veritem, tmp_path: Path) -> None:
    file = tmp_path / "told.jsonld"
    file.write_text(json.dumps(document(EVENT)))
    result = place("epcis", "record", str(file), "--as", "minh", "--json")
    assert (result.status, result.refusal["error"]) == (1, "invalid-input")
    file.write_text("[]")
    assert "not an EPCIS document" in place("epcis", "record", str(file), "--as", "minh").err
