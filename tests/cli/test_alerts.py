"""`veritem alerts`: cases of stamps, batches and campaigns, as people read them."""

import asyncio
from pathlib import Path

from ledger import AlertEvidence, BatchCount, CampaignCount, open_ledger
from tests.cli.conftest import Veritem

NOW = 1_790_000_000_000


async def report(path: Path, *evidence: AlertEvidence) -> None:
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.alerts.report_all(evidence)


def find_ledger(directory: Path) -> Path:
    [path] = [p for p in directory.rglob("*.db") if p.stat().st_size]
    return path


def test_a_campaign_and_a_batch_say_what_was_counted(place: Veritem, tmp_path: Path) -> None:
    assert place("batch", "create", "O1", "--as", "lan").status == 0
    campaign = AlertEvidence(
        "campaign", None, None, 6.0, ("poisoning",), subject="c-1",
        stamps=((1, 3), (1, 4)), counted=CampaignCount(2, NOW, NOW + 60_000),
    )  # fmt: skip
    batch = AlertEvidence(
        "batch", 1, None, 3.0, ("batch",), stamp_count=2, counted=BatchCount(35.2, 2.0, 0.01)
    )
    asyncio.run(report(find_ledger(tmp_path), campaign, batch))
    listed = place("alerts", "list").out
    assert "campaign of 2 stamps" in listed
    assert "batch 1" in listed
    shown = place("alerts", "show", "1", "--as", "minh")
    assert "2 stamps from 2 networks" in shown.out
    assert "1·4" in shown.out
    case = place("alerts", "show", "2", "--as", "minh")
    assert "35 stamps scanned, 2 anomalous; usual share 1.0%" in case.out
    document = place("alerts", "show", "1", "--as", "minh", "--json").json
    assert [stamp["range"] for stamp in document["stamps"]] == ["1·3", "1·4"]
    assert place("alerts", "note", "1", "gọi chợ", "--as", "minh").status == 0
    given = place("alerts", "hand-over", "1", "minh", "--as", "minh", "--json")
    assert (given.json["owner"], given.json["due_at"]) == ("minh", None)
    for state in ("investigating", "dismissed"):
        cause = ("--cause", "test-scan") if state == "dismissed" else ()
        decided = place("alerts", "decide", "1", state, *cause, "--as", "minh")
        assert decided.status == 0, decided.err
