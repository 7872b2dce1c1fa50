"""A batch's life as its people type it, each refusal one clear line that loses nothing."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from cli.demo.sample_lot import make_lot_document
from tests.cli.conftest import Veritem

NOW = 1_795_000_000_000


def lot_file(code: str = "L1", **changes: object) -> str:
    document = {**make_lot_document(code, NOW), **changes}
    path = Path(f"{code}.json")
    path.write_bytes(orjson.dumps({k: v for k, v in document.items() if v is not None}))
    return str(path)


def test_a_batch_goes_from_order_to_recall(place: Veritem) -> None:
    issued = place("batch", "create", "O1", "--actor", "minh", "--json").json
    assert (issued["number"], issued["count"], issued["grade"]) == (1, 100, "sealed")
    assert issued["manifest"]["manifest"]["count"] == 100

    bundle = place("print", "1", "--format", "csv", "--json").json
    code = Path("print-1", bundle["parts"][0]["file"]).read_text().splitlines()[1].split(",")[1]
    assert place("verify", bundle["manifest"], "--json").json["ok"]
    assert place("verify", code, "--json").json["results"][0]["state"] == "issued"

    Path("report.csv").write_text("state,roll,reason\nprinted,1·0-97,\nspoiled,1·98-99,misprint\n")
    report = place("stamps", "printed", "1", "--report", "report.csv", "--json").json
    assert report["balance"]["void"] == {"misprint": 2}
    assert report["balance"]["outstanding"] == 98
    assert report["balance"]["balances"]

    assert place("lot", "put", lot_file()).status == 0
    assert place("stamps", "activate", "1·0-49", "--lot", "L1", "--actor", "packer").status == 0
    assert place("verify", code, "--json").json["results"][0]["lot"] == "L1"
    assert place("stamps", "suspend", "1·0", "--reason", "inspection").status == 0
    assert place("stamps", "release", "1·0", "--reason", "cleared").status == 0
    recalled = place("stamps", "recall", "--lot", "L1", "--reason", "food-safety", "--json").json
    assert (
        sum(transition["last"] - transition["first"] + 1 for transition in recalled["transitions"])
        == 50
    )

    shown = place("batch", "show", "1").out
    assert "100 issued = 50 activated + 2 void + 48 printed and outstanding" in shown
    assert "balances" in shown
    audit = place("audit", "verify", "--json").json
    assert audit["ok"]
    assert place("audit", "verify", "--head", audit["head"]).status == 0


def test_who_asked_can_not_approve(place: Veritem) -> None:
    place("order", "request", "O2", "--count", "5", "--actor", "lan")
    told = place("order", "approve", "O2", "--actor", "lan")
    assert told.status == 1
    assert told.err == (
        "veritem: order O2 was requested by lan; another person must decide on it\n"
    )
    assert place("order", "approve", "O2", "--actor", "lan", "--json").refusal["error"] == (
        "same-person"
    )


def test_a_lot_without_its_minimum_data_is_kept_but_not_bound(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    place("stamps", "printed", "1")
    told = place("lot", "put", lot_file(producer=None, standards=None))
    assert "producer" in told.out
    assert "tiêu chuẩn áp dụng" in told.out
    told = place("stamps", "activate", "1·0-9", "--lot", "L1", "--json")
    assert told.status == 1
    assert told.refusal["items"] == ["producer", "producer_address", "standards"]
    assert place("batch", "show", "1", "--json").json["balance"]["activated"] == 0


def test_a_second_activation_is_refused_and_names_the_stamps_in_the_way(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    place("stamps", "printed", "1")
    place("lot", "put", lot_file())
    first = ("stamps", "activate", "1·10-19", "--lot", "L1", "--key", "roll 2", "--actor", "p")
    assert not place(*first, "--json").json["transitions"][0]["repeated"]
    assert place(*first, "--json").json["transitions"][0]["repeated"]
    told = place("stamps", "activate", "1·0-99", "--lot", "L1", "--json")
    assert told.status == 1
    assert told.refusal["conflicts"] == [[10, 20, "activated"]]


def test_several_rolls_move_together_or_not_at_all(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    assert place("stamps", "printed", "1·0-9", "1·90-109").status == 1
    assert place("batch", "show", "1", "--json").json["balance"]["printed"] == 0


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ("state,roll\nprinted,1·0-9\nprinted,1·5-20\n", "line 3"),
        ("state,roll\nprinted,2·0-9\n", "line 2"),
        ("state\nprinted\n", "line 1"),
    ],
)
def test_a_wrong_report_is_refused_whole_with_its_line(
    place: Veritem, report: str, why: str
) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    Path("report.csv").write_text(report)
    told = place("stamps", "printed", "1", "--report", "report.csv")
    assert told.status == 1
    assert why in told.err
    assert place("batch", "show", "1", "--json").json["balance"]["printed"] == 0


def test_a_picture_of_a_signed_stamp_is_checked_offline_by_the_public_keys_alone(
    place: Veritem, tmp_path: Path
) -> None:
    place("order", "request", "S1", "--count", "3", "--grade", "signed", "--actor", "lan")
    place("order", "approve", "S1", "--actor", "minh")
    place("batch", "create", "S1", "--actor", "minh")
    place("print", "1", "--format", "png", "--json")
    place("print", "1", "--format", "pdf", "--out", "sheet", "--json")
    place("keys", "public", "--out", "keys.json")
    (sheet,) = Path("sheet").glob("*.pdf")
    for secret in ("opening.json", "signing.json"):
        (tmp_path / "var" / "keys" / secret).unlink()
    told = place("verify", str(sheet), "--offline", "--keys", "keys.json", "--json").json
    assert (told["ok"], told["stamps"], told["good"]) == (True, 3, 3)


def test_a_sealed_stamp_can_not_be_checked_offline_and_says_so(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    code = listed.read_text().splitlines()[1].split(",")[1]
    told = place("verify", code, "--offline")
    assert told.status == 1
    assert "can only be checked online" in told.out


def test_a_bundle_with_a_changed_file_is_refused_by_name(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    listed.write_bytes(listed.read_bytes().replace(b"1", b"7", 1))
    told = place("verify", "print-1/manifest.json")
    assert told.status == 1
    assert f"{listed.name} was changed" in told.err


def test_bad_tag_and_never_issued_are_told_in_the_same_words(place: Veritem) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    forged = place("verify", "0" + "A" * 19)
    assert forged.status == 1
    assert "no stamp with this code was issued" in forged.out


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("stamps", "activate", "x", "--lot", "L1"), "'x' is not a serial range"),
        (("stamps", "printed", "9"), "there is no batch 9"),
        (("lot", "show", "L9"), "there is no lot L9"),
        (("lot", "put", "none.json"), "none.json cannot be read"),
        (("batch", "create", "O9"), "there is no order O9"),
        (("print", "1", "--layout", "a5"), "there is no layout 'a5'"),
        (("stamps", "recall", "--reason", "food-safety"), "name one of: ranges, --lot, --batch"),
        (("verify", "not-a-code"), "a code has 20 characters, this one has 8"),
        (("audit", "verify", "--head", "x"), "a head is SEQ:HASH"),
        (("recorder",), "writes into the ledger by itself"),
        (("replay", "none.jsonl"), "none.jsonl cannot be read"),
    ],
)
def test_a_refusal_is_one_clear_line(place: Veritem, command: tuple[str, ...], why: str) -> None:
    told = place(*command)
    assert told.status == 1
    assert why in told.err + told.out
    assert "Traceback" not in told.err


def test_without_a_ledger_the_way_to_one_is_named(veritem: Veritem) -> None:
    told = veritem("batch", "list")
    assert told.status == 1
    assert told.err == "veritem: there is no ledger at var/veritem.db; `veritem init` creates one\n"


def test_the_wrong_passphrase_opens_nothing(
    place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_KEYS_SIGNING_PASSPHRASE", "another passphrase")
    told = place("batch", "create", "O1")
    assert told.status == 1
    assert "the passphrase does not open the signing keys" in told.err
    assert place("batch", "list", "--json").json["batches"] == []


def test_demo_keys_warn_wherever_they_are_used(veritem: Veritem) -> None:
    assert veritem("init", "--demo").status == 0
    assert "DEMO KEYS" in veritem("keys", "list").err
    veritem("order", "request", "O1", "--count", "5", "--actor", "lan")
    veritem("order", "approve", "O1", "--actor", "minh")
    told = veritem("batch", "create", "O1", "--actor", "minh")
    assert told.status == 0
    assert "DEMO KEYS" in told.err


def test_a_product_with_a_gtin_gives_gs1_stamps(place: Veritem) -> None:
    added = place("registry", "product", "ri6", "--vi", "Sầu riêng Ri6", "--gtin", "8935000000014")
    assert added.status == 0
    place("order", "request", "G1", "--count", "2", "--product", "ri6", "--actor", "lan")
    place("order", "approve", "G1", "--actor", "minh")
    assert place("batch", "create", "G1", "--gs1", "--json").json["gtin"] == "08935000000014"
    place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    uri = listed.read_text().splitlines()[1].split(",")[2]
    assert "/01/08935000000014/21/" in uri
    assert place("verify", uri).status == 0
    refused = place("registry", "product", "x", "--vi", "X", "--gtin", "8935000000015")
    assert refused.status == 1
    assert "check digit" in refused.err
    assert {p["id"] for p in place("registry", "list", "--json").json["products"]} == {"ri6"}


def test_staff_accounts_are_made_and_disabled(
    place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", "correct horse battery")
    made = place("staff", "add", "lan", "--role", "packer", "--json").json
    assert (made["id"], made["role"], made["disabled"]) == ("lan", "packer", False)
    assert place("staff", "add", "lan", "--role", "packer").status == 1
    assert (
        "otp_secret"
        in place("staff", "add", "an", "--role", "inspector", "--one-time-code", "--json").json
    )
    assert place("staff", "disable", "lan", "--json").json["disabled"]
    assert "correct horse" not in place("staff", "list").out


def test_keys_rotate_and_the_audit_log_knows_it(place: Veritem) -> None:
    assert place("keys", "rotate", "--json").json["epochs"][-1]["epoch"] == 1
    place("batch", "create", "O1", "--actor", "minh")
    assert place("batch", "show", "1", "--json").json["epoch"] == 1
    told = place("keys", "retire", "0", "--yes", "--json").json
    assert told["epochs"][0]["retired_at"] is not None
    assert place("audit", "verify").status == 0


def test_a_copy_of_the_ledger_comes_back_whole(place: Veritem, tmp_path: Path) -> None:
    place("batch", "create", "O1", "--actor", "minh")
    assert place("backup", "copy.db").status == 0
    refused = place("restore", "copy.db")
    assert refused.status == 1
    assert "is not empty" in refused.err
    for file in (tmp_path / "var").glob("veritem.db*"):
        file.unlink()
    assert place("restore", "copy.db").status == 0
    assert place("batch", "show", "1", "--json").json["count"] == 100


def test_the_process_of_the_resolver_never_loads_code_that_signs() -> None:
    program = (
        "import sys; from cli.main import build_command_line; build_command_line(['resolver']);"
        " build_command_line(['serve']);"
        " sys.exit(any(name in sys.modules for name in ('issuer', 'printing', 'services')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_demo_lives_through_it_and_answers_one_json_line() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--once"], capture_output=True, check=True
    )
    answer = orjson.loads(told.stdout)
    assert answer.pop("seconds") > 0
    assert answer == {
        "ok": True,
        "stamps": 40,
        "decoded": 40,
        "verdicts": {"near": "authentic", "far": "suspect", "recalled": "recalled"},
        "alert": 1,
    }
