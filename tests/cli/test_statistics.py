"""How common scanning is, is shown beside what was configured."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger.product_days import ALL_PRODUCTS, to_vietnam_day
from tests.cli.conftest import Veritem

LEDGER = Path("var/veritem.db")


def counted(product: str, ago: int, activated: int, scanned: int) -> None:
    """Put what a product's trade left in the ledger so many days ago."""
    today = to_vietnam_day(time.time_ns() // 1_000_000)
    with closing(sqlite3.connect(LEDGER)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO product_days VALUES (?, ?, ?, ?)",
            (product, today - ago, activated, scanned),
        )


def traded() -> None:
    for product, stamps, scanned in (("durian", 100_000, 30_000), ("tea", 900_000, 9_000)):
        counted(product, 40, stamps, 0)
        counted(product, 30, 0, scanned)
    counted(ALL_PRODUCTS, 40, 1_000_000, 0)
    counted(ALL_PRODUCTS, 30, 0, 39_000)
    counted("tea", 3, 500_000, 0)  # not settled yet


def test_the_measured_share_of_each_product_stands_beside_the_configured_one(
    place: Veritem,
) -> None:
    traded()
    told = place("statistics", "scan-rate", "--json").json
    assert (told["configured"], told["measures"]) == (0.1, True)
    everything, durian, tea = told["products"]
    assert (everything["product"], everything["activated"]) == (None, 1_000_000)
    assert (tea["activated"], tea["scanned"], tea["share"]) == (900_000, 9_000, 0.01)
    # Not the tea's own share: nobody makes its judge hastier than that of all.
    assert tea["used"] == everything["used"]
    assert 0.039 <= tea["used"] < 0.05
    assert durian["used"] == 0.1


def test_a_product_scanned_more_than_was_configured_is_named(place: Veritem) -> None:
    traded()
    told = place("statistics", "scan-rate")
    assert "! durian: 30.0% are scanned, and rules.scan_rate is 10.0%" in told.out
    assert "! tea" not in told.out


def test_a_pinned_share_is_what_the_judge_takes(
    place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    traded()
    monkeypatch.setenv("VERITEM_RESOLVER_MEASURE_SCAN_RATE", "false")
    assert {
        unit["used"] for unit in place("statistics", "scan-rate", "--json").json["products"]
    } == {0.1}
    assert "The configured rate is used" in place("statistics", "scan-rate").out


def test_a_new_ledger_is_judged_as_configured(place: Veritem) -> None:
    [everything] = place("statistics", "scan-rate", "--json").json["products"]
    assert everything == {
        "product": None, "activated": 0, "scanned": 0, "share": None, "used": 0.1,
        "above_configured": False,
    }  # fmt: skip
