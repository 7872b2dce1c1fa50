"""`veritem epcis hash`: one id a line, and one clear line for what is no EPCIS document."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Veritem

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
