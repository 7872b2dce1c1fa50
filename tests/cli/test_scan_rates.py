"""`veritem figures scan-rate`: measured and configured scan rates."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ledger.batches.product_days import ALL_PRODUCTS
from stamps.vietnam_time import to_day_number
from tests.cli.conftest import Veritem

LEDGER = Path("var/veritem.db")


def insert_product_day(product: str, ago: int, activated: int, scanned: int) -> None:
    """Insert the counts of a product for the day `ago` days before today."""
    today = to_day_number(time.time_ns() // 1_000_000)
    with closing(sqlite3.connect(LEDGER)) as ledger, ledger:
        ledger.execute(
            "INSERT INTO product_days VALUES (?, ?, ?, ?)",
            (product, today - ago, activated, scanned),
        )


def insert_trade() -> None:
    for product, stamps, scanned in (("durian", 100_000, 30_000), ("tea", 900_000, 9_000)):
        insert_product_day(product, 40, stamps, 0)
        insert_product_day(product, 30, 0, scanned)
    insert_product_day(ALL_PRODUCTS, 40, 1_000_000, 0)
    insert_product_day(ALL_PRODUCTS, 30, 0, 39_000)
    insert_product_day("tea", 3, 500_000, 0)  # not settled yet


def test_the_measured_rate_of_each_product_is_shown_with_the_configured_rate(
    place: Veritem,
) -> None:
    insert_trade()
    answer = place("figures", "scan-rate", "--json").json
    assert (answer["configured"], answer["measures"]) == (0.1, True)
    everything, durian, tea = answer["products"]
    assert (everything["product"], everything["activated"]) == (None, 1_000_000)
    assert (tea["activated"], tea["scanned"], tea["share"]) == (900_000, 9_000, 0.01)
    # The rate of all products is higher than the tea's own, so the tea uses it.
    assert tea["used"] == everything["used"]
    assert 0.039 <= tea["used"] < 0.05
    assert durian["used"] == 0.1


def test_a_product_above_the_configured_rate_is_flagged(place: Veritem) -> None:
    insert_trade()
    result = place("figures", "scan-rate")
    assert "! durian: 30.0% are scanned, and rules.scan_rate is 10.0%" in result.out
    assert "! tea" not in result.out


def test_a_pinned_rate_is_used(place: Veritem, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_trade()
    monkeypatch.setenv("VERITEM_RESOLVER_MEASURE_SCAN_RATE", "false")
    assert {unit["used"] for unit in place("figures", "scan-rate", "--json").json["products"]} == {
        0.1
    }
    assert "The configured rate is used" in place("figures", "scan-rate").out


def test_a_new_ledger_uses_the_configured_rate(place: Veritem) -> None:
    [everything] = place("figures", "scan-rate", "--json").json["products"]
    assert everything == {
        "product": None, "activated": 0, "scanned": 0, "share": None, "used": 0.1,
        "above_configured": False,
    }  # fmt: skip
