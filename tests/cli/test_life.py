"""Commands from order to recall; a refusal is one line and changes nothing."""

import re
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from cli.demo.sample_lot import make_lot_document
from cli.desk_secrets import format_keys
from tests.cli.conftest import PARTIES, Veritem, recall, register_packer, register_parties

pytestmark = pytest.mark.usefixtures("quick_passphrases")

NOW = time.time_ns() // 1_000_000


def lot_file(code: str = "L1", **changes: object) -> str:
    document = {**make_lot_document(code, NOW), **changes}
    path = Path(f"{code}.json")
    path.write_bytes(orjson.dumps({k: v for k, v in document.items() if v is not None}))
    return str(path)


def test_a_batch_goes_from_order_to_recall(place: Veritem) -> None:
    issued = place("batch", "create", "O1", "--as", "minh", "--json").json
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

    register_packer(place)
    assert place("lot", "put", lot_file()).status == 0
    assert place("stamps", "activate", "1·0-49", "--lot", "L1", "--as", "minh").status == 0
    assert place("verify", code, "--json").json["results"][0]["lot"] == "L1"
    assert place("stamps", "suspend", "1·0", "--reason", "inspection").status == 0
    assert place("stamps", "release", "1·0", "--reason", "cleared").status == 0
    recalled = recall(place, "--lot", "L1", "--reason", "food-safety")
    assert (recalled.json["requested_by"], recalled.json["decided_by"]) == ("lan", "minh")
    assert "nothing but this program enforces" in recalled.err
    assert place("verify", code, "--json").json["results"][0]["state"] == "recalled"

    assert place("batch", "events", "1", "--out", "events.jsonld").status == 0
    hashes = place("epcis", "hash", "events.jsonld", "--json").json["hashes"]
    events = orjson.loads(Path("events.jsonld").read_bytes())["epcisBody"]["eventList"]
    assert [one["eventID"] for one in events] == hashes
    assert events[0]["bizStep"] == "encoding"
    assert events[-1]["persistentDisposition"] == {"set": ["recalled"]}

    shown = place("batch", "show", "1").out
    assert "100 issued = 50 activated + 2 void + 48 printed and outstanding" in shown
    assert "balances" in shown
    audit = place("audit", "verify", "--json").json
    assert audit["ok"]
    assert place("audit", "verify", "--head", audit["head"]).status == 0


def test_a_requester_can_not_approve_their_own_order(place: Veritem) -> None:
    place("order", "request", "O2", "--count", "5", *PARTIES, "--as", "lan")
    result = place("order", "approve", "O2", "--as", "lan")
    assert result.status == 1
    assert result.err == (
        "veritem: order O2 was requested by lan; another person must decide on it\n"
    )
    assert place("order", "approve", "O2", "--as", "lan", "--json").refusal["error"] == (
        "same-person"
    )


def test_an_incomplete_lot_is_stored_but_refused_at_activation(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
    place("stamps", "printed", "1")
    register_packer(place)
    result = place("lot", "put", lot_file(producer=None, standards=None))
    assert "producer" in result.out
    assert "tiêu chuẩn áp dụng" in result.out
    result = place("stamps", "activate", "1·0-9", "--lot", "L1", "--json")
    assert result.status == 1
    assert result.refusal["items"] == ["standards", "producer", "producer_address"]
    assert place("batch", "show", "1", "--json").json["balance"]["activated"] == 0


def test_a_second_activation_is_refused_with_the_conflicting_ranges(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
    place("stamps", "printed", "1")
    register_packer(place)
    place("lot", "put", lot_file())
    first = ("stamps", "activate", "1·10-19", "--lot", "L1", "--key", "roll 2", "--as", "minh")
    assert not place(*first, "--json").json["transitions"][0]["repeated"]
    assert place(*first, "--json").json["transitions"][0]["repeated"]
    result = place("stamps", "activate", "1·0-99", "--lot", "L1", "--json")
    assert result.status == 1
    assert result.refusal["conflicts"] == [[10, 20, "activated"]]


def test_a_transition_of_several_rolls_is_atomic(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
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
def test_an_invalid_report_is_refused_whole_with_its_line(
    place: Veritem, report: str, why: str
) -> None:
    place("batch", "create", "O1", "--as", "minh")
    Path("report.csv").write_text(report)
    result = place("stamps", "printed", "1", "--report", "report.csv")
    assert result.status == 1
    assert why in result.err
    assert place("batch", "show", "1", "--json").json["balance"]["printed"] == 0


def test_a_picture_of_a_signed_stamp_verifies_offline_with_public_keys(
    place: Veritem, tmp_path: Path
) -> None:
    place("order", "request", "S1", "--count", "3", "--grade", "signed", *PARTIES, "--as", "lan")
    place("order", "approve", "S1", "--as", "minh")
    place("batch", "create", "S1", "--as", "minh")
    place("print", "1", "--format", "png", "--json")
    place("print", "1", "--format", "pdf", "--out", "sheet", "--json")
    place("keys", "public", "--out", "keys.json")
    (sheet,) = Path("sheet").glob("*.pdf")
    code = place("verify", str(sheet), "--json").json["results"][0]["code"]
    bare = place("verify", code, "--json")
    assert (bare.status, bare.json["results"][0]["result"]) == (1, "signature-unseen")
    for secret in ("masters.json", "opening.json", "signing.json"):
        (tmp_path / "var" / "keys" / secret).unlink()
    result = place("verify", str(sheet), "--offline", "--keys", "keys.json", "--json").json
    assert (result["ok"], result["stamps"], result["good"]) == (True, 3, 3)


def test_offline_verification_of_a_sealed_stamp_is_refused(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
    place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    code = listed.read_text().splitlines()[1].split(",")[1]
    result = place("verify", code, "--offline")
    assert result.status == 1
    assert "can only be checked online" in result.out


def test_a_bundle_with_a_changed_file_is_refused_by_name(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
    place("print", "1", "--format", "csv")
    (listed,) = Path("print-1").glob("*.csv")
    listed.write_bytes(listed.read_bytes().replace(b"1", b"7", 1))
    result = place("verify", "print-1/manifest.json")
    assert result.status == 1
    assert f"{listed.name} was changed" in result.err


def test_invalid_and_unissued_codes_have_the_same_answer(place: Veritem) -> None:
    place("batch", "create", "O1", "--as", "minh")
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
    result = place(*command)
    assert result.status == 1
    assert why in result.err + result.out
    assert "Traceback" not in result.err


def test_a_missing_ledger_is_refused_with_the_command_that_creates_it(veritem: Veritem) -> None:
    result = veritem("batch", "list")
    assert result.status == 1
    assert (
        result.err == "veritem: there is no ledger at var/veritem.db; `veritem init` creates one\n"
    )


def test_a_wrong_passphrase_is_refused(place: Veritem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERITEM_KEYS_SIGNING_PASSPHRASE", "another passphrase")
    result = place("batch", "create", "O1")
    assert result.status == 1
    assert "the passphrase does not open signing.json" in result.err
    assert place("batch", "list", "--json").json["batches"] == []


def test_demo_keys_print_a_warning(veritem: Veritem) -> None:
    assert veritem("init", "--demo").status == 0
    assert "DEMO KEYS" in veritem("keys", "list").err
    register_parties(veritem)
    veritem("order", "request", "O1", "--count", "5", *PARTIES, "--as", "lan")
    veritem("order", "approve", "O1", "--as", "minh")
    result = veritem("batch", "create", "O1", "--as", "minh")
    assert result.status == 0
    assert "DEMO KEYS" in result.err


@pytest.mark.parametrize(
    ("setting", "address", "commands"),
    [
        ("VERITEM_RESOLVER_PUBLIC_URL", "https://veritem.vn", ("serve", "resolver")),
        ("VERITEM_RESOLVER_PUBLIC_URL", "http://203.0.114.7:8080", ("serve", "resolver")),
        ("VERITEM_DESK_PUBLIC_URL", "https://desk.veritem.vn", ("desk",)),
        (
            "VERITEM_PRINTING_HOST",
            "VERITEM.VN",
            ("serve", "resolver", "desk", "print 1", "batch create O1"),
        ),
    ],
)
def test_demo_keys_serve_no_public_host(
    veritem: Veritem,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    address: str,
    commands: tuple[str, ...],
) -> None:
    assert veritem("init", "--demo").status == 0
    monkeypatch.setenv(setting, address)
    for command in commands:
        refused = veritem(*command.split())
        assert refused.status == 1, command
        line = refused.err.strip().splitlines()[-1]
        assert f"demo keys do not serve {address}" in line
        assert "Traceback" not in refused.err


def test_a_product_with_a_gtin_gives_gs1_stamps(place: Veritem) -> None:
    place("order", "request", "G1", "--count", "2", *PARTIES, "--as", "lan")
    place("order", "approve", "G1", "--as", "minh")
    assert place("batch", "create", "G1", "--gs1", "--json").json["gtin"] == "08935000000014"
    place("print", "1", "--format", "csv")
    (codes,) = Path("print-1").glob("*.csv")
    uri = codes.read_text().splitlines()[1].split(",")[2]
    assert "/01/08935000000014/21/" in uri
    assert place("verify", uri).status == 0
    code = uri.rpartition("/")[2]
    assert place("verify", code).status == 0
    foreign = place("verify", uri.replace("08935000000014", "08935000000021"))
    assert foreign.status == 1
    assert "no stamp with this code was issued" in foreign.err + foreign.out
    refused = place("registry", "product", "x", "--vi", "X", "--gtin", "8935000000015")
    assert refused.status == 1
    assert "check digit" in refused.err
    listed = place("registry", "list", "--json").json["products"]
    assert {product["id"] for product in listed} == {"sau-rieng-ri6"}


def test_staff_accounts_are_added_confirmed_and_disabled(
    place: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", "correct horse battery")
    made = place("staff", "add", "mai", "--role", "packer", "--json").json
    assert (made["id"], made["role"], made["is_confirmed"]) == ("mai", "packer", False)
    assert place("staff", "add", "mai", "--role", "packer").status == 1
    assert "unconfirmed" in place("staff", "list").out
    approve = ("proposals", "approve", str(made["proposal"]))
    assert "another person" in place(*approve, "--as", "minh").err
    assert place(*approve, "--as", "lan").status == 0
    assert "unconfirmed" not in place("staff", "list").out
    coded = place("staff", "add", "an", "--role", "inspector", "--one-time-code", "--json").json
    assert "otp_secret" in coded
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", "matkhau12345")
    common = place("staff", "add", "be", "--role", "inspector")
    assert common.status == 1
    assert "too easy to guess" in common.err
    assert place("staff", "disable", "mai", "--json").json["disabled"]
    assert "correct horse" not in place("staff", "list").out


def test_key_rotation_needs_two_people_and_is_in_the_audit_log(place: Veritem) -> None:
    proposal = place("keys", "rotate", "--as", "lan", "--json").json
    assert proposal["state"] == "open"
    assert len(place("keys", "list", "--json").json["epochs"]) == 1
    assert place("keys", "rotate", "--as", "minh").status == 1
    place("proposals", "approve", str(proposal["id"]), "--as", "minh")
    assert place("keys", "rotate", "--as", "lan", "--json").json["epochs"][-1]["epoch"] == 1
    place("batch", "create", "O1", "--as", "minh")
    assert place("batch", "show", "1", "--json").json["epoch"] == 1
    retire = ("keys", "retire", "0", "--yes", "--as", "minh", "--json")
    place("proposals", "approve", str(place(*retire).json["id"]), "--as", "lan")
    assert place(*retire).json["epochs"][0]["retired_at"] is not None
    assert place("audit", "verify").status == 0


def test_a_ledger_backup_restores(place: Veritem, tmp_path: Path) -> None:
    place("batch", "create", "O1", "--as", "minh")
    assert place("backup", "copy.db").status == 0
    refused = place("restore", "copy.db")
    assert refused.status == 1
    assert "is not empty" in refused.err
    for file in (tmp_path / "var").glob("veritem.db*"):
        file.unlink()
    assert place("restore", "copy.db").status == 0
    assert place("batch", "show", "1", "--json").json["count"] == 100


def test_scheduled_copies_are_listed_measured_and_rehearsed(
    place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_BACKUPS_METRICS", str(tmp_path / "veritem.prom"))
    assert place("backups", "list", "--json").json == {"late": True, "copies": []}
    assert place("backups", "list").status == 1
    made = place("backups", "run", "--json").json
    listed = place("backups", "list", "--json")
    assert (listed.status, listed.json["late"]) == (0, False)
    assert listed.json["copies"][0]["sha256"] == made["sha256"]
    metrics = (tmp_path / "veritem.prom").read_text()
    assert "veritem_backup_failed 0.0" in metrics
    size = re.search(r"^veritem_backup_bytes (\S+)$", metrics, re.MULTILINE)
    assert size
    assert float(size[1]) == made["size"]
    copy = f"var/backups/{made['file']}"
    rehearsed = place("restore", "--rehearse", copy, "--json")
    assert (rehearsed.status, rehearsed.json["ok"], rehearsed.json["has_manifest"]) == (
        0,
        True,
        True,
    )
    assert place("restore", "--rehearse", copy).out.startswith(copy)
    (tmp_path / "var/veritem.db").unlink()
    (tmp_path / "var/veritem.db-wal").unlink(missing_ok=True)
    assert place("backups", "run").status == 1
    assert "veritem_backup_failed 1.0" in (tmp_path / "veritem.prom").read_text()


def test_the_resolver_process_imports_no_signing_code() -> None:
    program = (
        "import sys; from cli.main import build_command_line; build_command_line(['resolver']);"
        " build_command_line(['serve']);"
        " sys.exit(any(name in sys.modules for name in ('issuer', 'printing', 'services')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_secrets_of_one_time_codes_are_sealed_and_their_key_is_changed(
    place: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", "correct horse battery")
    command = ("staff", "add", "an", "--role", "inspector", "--one-time-code", "--json")
    secret = place(*command).json["otp_secret"]
    assert secret.encode() not in Path("var/veritem.db").read_bytes()
    keys = Path("var/desk/otp.keys")
    before = keys.read_text()
    assert keys.stat().st_mode & 0o077 == 0
    assert place("staff", "seal-codes", "--json").json["sealed"] == 0
    # What is left by a command that was killed after it added its key.
    keys.write_bytes(format_keys([b"n" * 32]) + before.encode())
    changed = place("staff", "seal-codes", "--new-key", "--json").json
    assert (changed["sealed"], len(keys.read_text().split())) == (1, 1)
    assert keys.read_text() not in {before, format_keys([b"n" * 32]).decode()}
    assert place("staff", "seal-codes", "--json").json == {"sealed": 0, "key": changed["key"]}
    monkeypatch.setenv("VERITEM_DESK_SECRETS_KEY", before)
    refused = place("staff", "seal-codes")
    assert refused.status == 1
    assert f"the desk's key {changed['key']} is missing" in refused.err
    assert place("staff", "seal-codes", "--new-key").status == 1
    assert place("audit", "verify").status == 0
