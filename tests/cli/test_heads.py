"""Chain heads at the command line: sign, push, check, restore, and go on after a loss."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from cli.known_heads import check_ledger_against_heads
from cli.opening_keys import load_public_keys
from cli.settings import read_settings
from ledger import open_ledger
from ledger.audit.head_statement import USE
from stamps.signature import PublicKeys
from tests.cli.conftest import Veritem
from tests.ledger.conftest import migrated_file

__all__ = ["migrated_file"]

SETTINGS = """
[ledger]
url = "sqlite:///ledger.db"
[heads]
folder = "pushed"
"""


@pytest.fixture
def signing(
    quick_passphrases: None,
    veritem: Veritem,
    migrated_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Veritem:
    """Run commands where a ledger and a key of chain heads exist, and a head was pushed."""
    (tmp_path / "veritem.toml").write_text(SETTINGS)
    monkeypatch.setenv("VERITEM_HEADS_PASSPHRASE", "a passphrase for heads")
    shutil.copy(migrated_file, tmp_path / "ledger.db")
    assert veritem("heads", "key", "create", "--ledger", "tem.example/l1").status == 0
    assert veritem("heads", "push").status == 0
    return veritem


def write(subject: str) -> None:
    """Append one row to the audit log."""

    async def append() -> None:
        async with await open_ledger("sqlite:///ledger.db") as ledger:
            await ledger.audit.append(actor="lan", action="look", subject=subject)

    asyncio.run(append())


def test_heads_are_signed_pushed_shown_and_verified(signing: Veritem) -> None:
    write("lots:L1")
    behind = signing("audit", "verify", "--json")
    assert (behind.status, behind.json["signed_heads"]) == (0, 1)
    pushed = signing("heads", "push", "--json").json
    assert [(place["place"], place["pushed"]) for place in pushed["places"]] == [
        ("folder:pushed", 1)
    ]
    assert pushed["last"]["ledger"] == "tem.example/l1"
    verified = signing("audit", "verify", "--head", "pushed", "--json").json
    assert (verified["ok"], verified["signed_heads"]) == (True, 2)
    assert verified["audit_head"] == pushed["last"]["audit"]
    status = signing("heads", "status", "--json").json
    assert (status["ok"], status["places"][0]["waiting"]) == (True, 0)
    assert "folder:pushed" in signing("heads", "status").out
    (jwk,) = signing("heads", "key", "show", "--json").json["keys"]
    assert (jwk["use"], jwk["kid"].partition("+")[0]) == (USE, "tem.example/l1")


def test_the_public_service_publishes_the_key_beside_those_of_stamps(
    signing: Veritem, tmp_path: Path
) -> None:
    stamps = PublicKeys({0: bytes(32)}).to_jwks()
    (tmp_path / "var/keys").mkdir()
    (tmp_path / "var/keys/public.json").write_text(json.dumps(stamps))
    published = load_public_keys(read_settings()).to_jwks()["keys"]
    assert published[:-1] == stamps["keys"]
    assert published[-1]["use"] == USE


def test_a_rotated_key_signs_and_the_old_heads_stay_verifiable(signing: Veritem) -> None:
    assert signing("heads", "key", "rotate").status == 0
    write("lots:L1")
    assert signing("heads", "push").status == 0
    verified = signing("audit", "verify", "--json").json
    assert (verified["signed_heads"], verified["heads_set_aside"]) == (2, [])
    assert len(signing("heads", "key", "show", "--json").json["keys"]) == 2


def test_heads_of_another_key_count_for_nothing(signing: Veritem, tmp_path: Path) -> None:
    file = next((tmp_path / "pushed").iterdir())
    forged = tmp_path / "forged.jsonl"
    forged.write_text(file.read_text().replace("audit 0", "audit 7"))
    refused = signing("audit", "verify", "--head", "forged.jsonl", "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "unreadable-heads")
    both = tmp_path / "both.jsonl"
    both.write_text(file.read_text() + forged.read_text())
    report = signing("audit", "verify", "--head", "both.jsonl", "--json").json
    assert (report["ok"], report["signed_heads"], len(report["heads_set_aside"])) == (True, 1, 1)


def test_a_push_says_which_place_did_not_take_its_heads(
    signing: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_HEADS_COLLECTOR", "http://127.0.0.1:1/heads")
    failed = signing("heads", "push", "--json")
    assert failed.status == 1
    assert [place["failure"] is None for place in failed.json["places"]] == [True, False]
    status = signing("heads", "status", "--json")
    assert (status.status, status.json["places"][1]["waiting"]) == (1, 1)


def test_a_signer_that_lost_its_state_recovers_it_from_a_place(
    signing: Veritem, tmp_path: Path
) -> None:
    assert signing("heads", "recover", "--head", "pushed", "--json").refusal["error"] == (
        "state-is-there"
    )
    (tmp_path / "var/heads/state.json").unlink()
    refused = signing("heads", "push", "--json")
    assert (refused.status, refused.refusal["error"]) == (1, "no-signer-state")
    assert signing("heads", "recover", "--head", "pushed").status == 0
    write("lots:L1")
    assert signing("heads", "push").status == 0
    assert signing("audit", "verify", "--json").json["signed_heads"] == 2


def test_a_new_key_in_place_of_a_lost_one_goes_on_from_what_was_pushed(
    signing: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = signing("heads", "key", "show", "--json").json["keys"]
    monkeypatch.setenv("VERITEM_HEADS_DIRECTORY", "new")
    monkeypatch.setenv("VERITEM_HEADS_PUBLIC_KEYS", "new/public.json")
    assert signing("heads", "key", "create", "--ledger", "tem.example/l1").status == 0
    public = tmp_path / "new/public.json"
    public.write_text(json.dumps({"keys": [*json.loads(public.read_text())["keys"], old]}))
    assert signing("heads", "recover", "--head", "pushed").status == 0
    write("lots:L1")
    assert signing("heads", "push").status == 0
    assert signing("audit", "verify", "--json").json["signed_heads"] == 2
    monkeypatch.setenv("VERITEM_HEADS_DIRECTORY", "other")
    assert signing("heads", "key", "create", "--ledger", "tem.example/l2").status == 0
    refused = signing("heads", "recover", "--head", "pushed")
    assert (refused.status, "are of tem.example/l1" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("COLLECTOR", "http://collector.example/heads", "https"),
        ("COLLECTOR", "https://user:s3cr3t@collector.example", "without user"),
        ("MAIL_SERVER", "smtps://veritem:s3cr3t@mail.example", "mail_password"),
        ("MAIL_SERVER", "mail.example", "smtps://"),
        ("MAIL_TO", "auditor@example.vn", "together"),
        ("MAIL_FROM", "a\nBcc: b@example.vn", "mail_from"),
    ],
)
def test_an_unsafe_place_is_refused(
    veritem: Veritem, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"VERITEM_HEADS_{setting}", value)
    refused = veritem("heads", "status")
    assert refused.status == 2
    assert said.lower() in refused.err.lower()
    assert "s3cr3t" not in refused.err


def test_an_old_copy_is_not_restored_or_served_unseen(signing: Veritem, tmp_path: Path) -> None:
    write("lots:L1")
    assert signing("heads", "push").status == 0
    assert signing("backup", "copy.db").status == 0
    write("lots:L2")
    write("lots:L3")
    assert signing("heads", "push").status == 0
    ledger = tmp_path / "ledger.db"
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    refused = signing("restore", "copy.db")
    assert refused.status == 1
    assert "audit 2-3 were signed until" in refused.err
    assert not ledger.exists()
    done = signing("restore", "copy.db", "--accept-loss", "--json")
    assert (done.status, done.json["lost"]) == (0, ["audit 2-3"])
    for service in ("serve", "resolver", "claims", "desk"):
        refused = signing(service)
        assert refused.status == 1
        assert "audit 2-3 are missing, as after restoring an old copy" in refused.err
    assert signing("audit", "verify").status == 1
    assert signing("heads", "push", "--json").refusal["error"] == "history-rewritten"
    assert "audit 2 was removed" in signing("heads", "status", "--json").json["refused"]
    assert signing("heads", "resume", "--json").refusal["error"] == "loss-not-accepted"


def test_a_copy_of_another_history_is_named(signing: Veritem, tmp_path: Path) -> None:
    write("lots:L1")
    assert signing("heads", "push").status == 0
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()

    async def forge() -> None:
        async with await open_ledger("sqlite:///ledger.db") as ledger:
            await ledger.migrate()
            await ledger.audit.append(actor="x", action="look", subject="lots:L1")

    asyncio.run(forge())
    assert signing("backup", "forged.db").status == 0
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    done = signing("restore", "forged.db", "--json")
    assert done.status == 1
    assert "audit 1" in done.json["rewritten"][0]


def test_services_start_where_the_ledger_agrees_or_nothing_is_known(
    signing: Veritem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("lots:L1")  # after the newest head
    check_ledger_against_heads(read_settings())
    (tmp_path / "empty").mkdir()
    for folder in ("", "empty"):
        monkeypatch.setenv("VERITEM_HEADS_FOLDER", folder)
        check_ledger_against_heads(read_settings())
    monkeypatch.setenv("VERITEM_HEADS_FOLDER", "not-mounted")
    refused = signing("resolver")
    assert (refused.status, "not-mounted" in refused.err) == (1, True)
