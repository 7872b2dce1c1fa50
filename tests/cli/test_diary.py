"""`veritem diary`: entries as lists and fields, and one clear line for a refusal."""

import asyncio
from pathlib import Path

from ledger import open_ledger
from services.diary.entries import build_new_entry
from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger
from tests.services.diary.people import AREA, HARVEST
from traceability.diary.entries import read_entry


def test_recorded_entries_are_listed_and_shown(place: Veritem, tmp_path: Path) -> None:
    new = build_new_entry(read_entry("harvest", HARVEST), "krong-pac")

    async def tell() -> None:
        async with await open_ledger(f"sqlite:///{find_ledger(tmp_path)}") as ledger:
            await ledger.diary_entries.record("krong-pac", [new], actor="mai")

    asyncio.run(tell())
    [one] = place("diary", "list", "--kind", "harvest", "--json").json["entries"]
    assert (one["id"], one["values"]["place"]) == (new.event.id, AREA)
    assert AREA in place("diary", "list", "--search", "vn đlor 0123").out
    assert place("diary", "list", "--kind", "sale", "--json").json["entries"] == []
    assert "VNDLOR0123-260910" in place("diary", "show", new.event.id).out
    assert place("diary", "show", "x", "--json").refusal["error"] == "unknown-row"


def test_what_cannot_be_told_is_refused_in_one_line(place: Veritem, tmp_path: Path) -> None:
    wrong = place("diary", "tell", "harvest", "at=hôm qua", "quantity=1.250", "--as", "minh")
    assert wrong.status == 1
    assert "Traceback" not in wrong.err
    refused = place("diary", "tell", "harvest", "at", "--as", "minh", "--json").refusal
    assert (refused["error"], refused["field"]) == ("entry-refused", "at")
    fields = [f"{name}={value}" for name, value in HARVEST.items()]
    nobody = place("diary", "tell", "harvest", *fields, "--as", "minh", "--json")
    assert nobody.refusal["error"] == "invalid-input"
    file = tmp_path / "so.csv"
    file.write_text("at,place\n2026-09-10,x\n")
    nobody = place("diary", "import", "harvest", str(file), "--as", "minh", "--json")
    assert nobody.refusal["field"] == "organisation"
