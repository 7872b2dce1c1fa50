"""Identifiers of GS1 become one canonical Digital Link, and all others stay what they are."""

import json
from pathlib import Path

import pytest

from traceability.epcis.identifiers import normalize_identifier

VECTORS = Path(__file__).parents[2] / "vectors/epcis/identifiers.json"


@pytest.mark.parametrize(("uri", "canonical"), json.loads(VECTORS.read_text()))
def test_an_identifier_has_the_form_of_the_reference(uri: str, canonical: str | None) -> None:
    assert normalize_identifier(uri) == canonical


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:sgtin:4012345.011111",
        "urn:epc:id:sgtin:4012345.0111112.9",
        "urn:epc:id:sscc:4012345.31111",
        "urn:epc:id:nothing:4012345.011111.9",
        "urn:epc:idpat:sgln:4012345.00005.*",
        "urn:epcglobal:cbv:bt:4012345000009:17",
        "https://example.vn/S/X7DB69RNQ4C05K92H2JF",
        "https://example.vn/01/04012345111118/21",
        "geo:12.7,108.3",
    ],
)
def test_what_is_no_gs1_identifier_is_left_alone(uri: str) -> None:
    assert normalize_identifier(uri) is None


@pytest.mark.parametrize(
    "uri",
    ["urn:epc:id:sgtin:4012345.011111.9.87", "https://id.gs1.org/01/04012345111118/21/9.87"],
)
def test_a_serial_number_keeps_its_dots(uri: str) -> None:
    assert normalize_identifier(uri) == "https://id.gs1.org/01/04012345111118/21/9.87"
