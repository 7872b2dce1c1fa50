"""`veritem field`: checks, findings, phones, and snapshots for phones without a network."""

import asyncio
import json
from pathlib import Path

from issuer.field_snapshot import parse_snapshot
from ledger import open_ledger
from stamps.signature import PublicKeys
from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger


def test_a_snapshot_is_made_written_and_verified_by_the_keys_that_it_names(
    place: Veritem, tmp_path: Path
) -> None:
    made = place("field", "snapshot", "--out", "list.bin", "--json")
    assert made.status == 0, made.err
    assert (made.json["version"], made.json["base"]) == (1, 1)
    file = (tmp_path / "list.bin").read_bytes()
    assert made.json["size"] == len(file)
    head = parse_snapshot(file, read_keys(place, tmp_path)).content
    assert head["codes"] == made.json["codes"]
    assert "Snapshot 2: what changed since snapshot 1" in place("field", "snapshot").out


def test_a_stamp_is_checked_reported_and_its_finding_closed(place: Veritem) -> None:
    assert place("batch", "create", "O1", "--as", "minh").status == 0
    bundle = place("print", "1", "--format", "csv", "--json").json
    code = Path("print-1", bundle["parts"][0]["file"]).read_text().splitlines()[1].split(",")[1]
    assert "Stamp 1·0: issued" in place("field", "check", code).out
    lookalike = f"https://veritem.vn.tra-cuu.top/S/{code}"
    refused = place("field", "check", lookalike, "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "foreign-address")
    report = ("--kind", "lookalike", "--note", "Sạp 14", "--key", "f", "--json")
    made = place("field", "report", lookalike, *report)
    assert made.status == 0, made.err
    assert place("field", "report", lookalike, *report).json == made.json
    assert made.json["host"] == "veritem.vn.tra-cuu.top"
    [listed] = place("field", "findings", "--kind", "lookalike", "--json").json["findings"]
    assert listed == made.json
    shown = place("field", "finding", listed["id"], "--json").json
    assert shown == {**listed, "photos": []}
    assert place("field", "handle", listed["id"], " ").status == 1
    closed = place("field", "handle", listed["id"], "Đã lập biên bản")
    assert "handled" in closed.out
    assert "veritem.vn.tra-cuu.top" in place("field", "findings", "--state", "handled").out
    assert place("field", "findings", "--json").json["findings"] == []


def test_a_lost_phone_is_shut_out(place: Veritem, tmp_path: Path) -> None:
    async def add() -> str:
        async with await open_ledger(f"sqlite:///{find_ledger(tmp_path)}") as ledger:
            return (await ledger.field_phones.add("minh", "Nokia", None))[0].id

    phone = asyncio.run(add())
    assert "Nokia" in place("field", "phones").out
    shut = place("field", "shut-out", phone, "--json").json
    assert (shut["id"], shut["shut_by"]) == (phone, "minh")
    assert shut["shut_at"] is not None
    assert place("field", "shut-out", "none").status == 1


def read_keys(place: Veritem, folder: Path) -> PublicKeys:
    """The public keys, as they are published."""
    [path] = list(folder.rglob("public.json"))
    return PublicKeys.from_jwks(json.loads(path.read_text()))
