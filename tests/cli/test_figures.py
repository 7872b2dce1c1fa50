"""`veritem figures`: figures of a period, their check, yearly reports."""

import sqlite3
from contextlib import closing

from tests.cli.conftest import Veritem
from tests.cli.test_scan_rates import LEDGER


def test_figures_are_folded_shown_and_checked(place: Veritem) -> None:
    assert place("figures", "fold", "--json").json["transactions"] > 0
    shown = place("figures", "show", "--json").json
    assert shown["figures"]["ordered"] == 100
    assert shown["balance"]["difference"] == 0
    assert place("figures", "check", "--json").json == {"ok": True, "differences": []}
    with closing(sqlite3.connect(LEDGER)) as ledger, ledger:
        ledger.execute("UPDATE figure_facts SET total = 7 WHERE figure = 'ordered' AND grain = 2")
    checked = place("figures", "check", "--json")
    assert checked.status == 1
    [difference] = checked.json["differences"]
    assert (difference["figure"], difference["kept"], difference["computed"]) == ("ordered", 7, 100)


def test_what_can_not_be_shown_is_refused_in_one_line(place: Veritem) -> None:
    for arguments in (("--period", "custom"), ("--province", "00"), ("--packer", "nobody")):
        refused = place("figures", "show", *arguments)
        assert refused.status != 0
        assert len(refused.err.strip().splitlines()) == 1
    assert place("figures", "report", "nothing-2026-vn").status != 0
