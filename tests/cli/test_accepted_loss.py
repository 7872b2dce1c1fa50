"""An old copy is in use only after two accounts accepted its loss and the signer stated it."""

from pathlib import Path

import pytest

from cli.known_heads import check_ledger_against_heads
from cli.output import CommandRefused
from cli.settings import read_settings
from tests.cli.conftest import PARTIES, Veritem


def test_two_people_accept_a_loss_and_services_start_again(
    place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_HEADS_PASSPHRASE", "a passphrase for heads")
    monkeypatch.setenv("VERITEM_HEADS_FOLDER", "pushed")
    assert place("heads", "key", "create").status == 0
    assert place("heads", "push").status == 0
    asked = ("--reason", "the disk was lost", "--as", "lan", "--json")
    assert place("heads", "accept-loss", *asked).refusal["error"] == "nothing-lost"
    assert place("backup", "copy.db").status == 0
    assert place("order", "request", "O2", "--count", "9", *PARTIES, "--as", "lan").status == 0
    pushed = place("heads", "push", "--json").json["last"]
    for path in tmp_path.glob("var/veritem.db*"):
        path.unlink()
    assert place("restore", "copy.db", "--accept-loss").status == 0
    with pytest.raises(CommandRefused, match="as after restoring an old copy"):
        check_ledger_against_heads(read_settings())
    assert place("heads", "accept-loss", "--reason", " ", "--as", "lan").status == 1
    proposed = place("heads", "accept-loss", *asked).json
    assert proposed["kind"] == "restore.accept"
    number = str(proposed["id"])
    assert place("proposals", "approve", number, "--as", "lan").status == 1  # not alone
    assert place("heads", "resume").status == 1
    assert place("proposals", "approve", number, "--as", "minh").status == 0
    resumed = place("heads", "resume", "--json")
    assert (resumed.status, resumed.json["places"][0]["pushed"]) == (0, 1)
    check_ledger_against_heads(read_settings())
    report = place("audit", "verify", "--json").json
    assert (report["ok"], report["signed_heads"]) == (True, 2)  # the lost one is replaced
    (file,) = (tmp_path / "pushed").iterdir()
    (statement,) = [line for line in file.read_text().splitlines() if "kept" in line]
    assert pushed["audit"].partition(":")[2] in statement
    assert place("heads", "push").status == 0
