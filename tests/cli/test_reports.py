"""`veritem reports`: what consumers reported, and what is done with it."""

import asyncio
from pathlib import Path

from ledger import ReportRow, open_ledger
from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger


async def add_report(path: Path) -> None:
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.reports.add(ReportRow(bytes(16), 0, 0, "Mã lạ", typed="0D9FR"), "0900 1")
        await ledger.report_groups.file_arrivals()


def test_reports_are_listed_shown_and_closed(place: Veritem, tmp_path: Path) -> None:
    asyncio.run(add_report(find_ledger(tmp_path)))
    assert "0D9FR" in place("reports", "list").out
    shown = place("reports", "show", "0D9FR", "--as", "minh")
    assert "Mã lạ" in shown.out
    assert "0900" not in shown.out
    closed = place("reports", "step", "0D9FR", "closed", "--note", "gõ sai", "--as", "minh")
    assert closed.status == 0, closed.err
    assert place("reports", "list", "--json").json["reports"] == []
    [one] = place("reports", "list", "--state", "closed", "--json").json["reports"]
    assert (one["id"], one["state"]) == ("0D9FR", "closed")
