"""What people type at the command line: two readings are refused with both, and nothing is done."""

from pathlib import Path

import pytest

from tests.cli.conftest import Veritem


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("6.500-6.999", ["6·500-999", "6500-6999"]),
        ("2.009", ["2·9", "2009"]),
        ("1.0", ["1·0", "1"]),
        ("4.999", ["4·999", "4999"]),
    ],
)
def test_a_range_with_two_readings_is_not_activated(
    place: Veritem, text: str, readings: list[str]
) -> None:
    refused = place("stamps", "activate", text, "--lot", "L1", "--actor", "mai", "--json")
    assert refused.status == 1
    assert refused.refusal["error"] == "malformed-range"
    assert refused.refusal["readings"] == readings
    line = place("stamps", "activate", text, "--lot", "L1", "--actor", "mai").err
    assert all(reading in line for reading in readings)
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("count", "said"),
    [("25.000", "25000 or 25"), ("1.5", "whole number"), ("99,999,999,999", "1,000,000,000")],
)
def test_a_count_is_refused_at_entry(place: Veritem, count: str, said: str) -> None:
    refused = place("order", "request", "O2", "--count", count, "--actor", "lan")
    assert refused.status in (1, 2)
    assert said in " ".join(refused.err.split())
    assert place("order", "show", "O2").status == 1


def test_a_batch_has_at_most_16777216_stamps(place: Veritem) -> None:
    assert place("order", "request", "O2", "--count", "20 000 000", "--actor", "lan").status == 0
    assert place("order", "approve", "O2", "--actor", "minh").status == 0
    refused = place("batch", "create", "O2", "--count", "16777217", "--actor", "lan")
    assert refused.status == 1
    assert "16777216" in refused.err.replace(",", "")


def test_a_report_is_read_as_excel_writes_it(place: Veritem, tmp_path: Path) -> None:
    assert place("batch", "create", "O1", "--actor", "lan").status == 0
    report = tmp_path / "report.csv"
    report.write_bytes("sep=;\r\nState;Roll;;\r\nPrinted;1·0-99;;\r\n".encode("utf-16"))
    done = place("stamps", "printed", "1", "--report", str(report), "--actor", "in", "--json")
    assert done.status == 0, done.err
    assert done.json["printed"] == 100
