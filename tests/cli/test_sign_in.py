"""Accounts are founded by two people, and a command line is signed in to them for some hours."""

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import PARTIES, Veritem, register_parties
from tests.servers import PostgresServer

WORDS = "sầu riêng Ri6 chín cây"


@pytest.fixture
def named(
    veritem: Veritem, passphrases: None, quick_passphrases: None, monkeypatch: pytest.MonkeyPatch
) -> Veritem:
    """Commands with two founders in the environment, who are not founded yet."""
    monkeypatch.delenv("VERITEM_AS", raising=False)
    for number, (name, password) in enumerate((("Tri", WORDS), ("hoa", WORDS + " nữa")), 1):
        monkeypatch.setenv(f"VERITEM_FOUNDER_{number}", name)
        monkeypatch.setenv(f"VERITEM_FOUNDER_{number}_PASSWORD", password)
    return veritem


def test_two_people_are_founded_and_sign_in(
    named: Veritem, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert named("init", "--json").json["founded"] == ["Tri", "hoa"]
    assert named("init", "--json").json["founded"] == []
    assert "nobody is signed in here: veritem sign-in" in named("keys", "rotate").err
    monkeypatch.setenv("VERITEM_PASSWORD", WORDS)
    signed_in = named("sign-in", " TRI", "--hours", "1", "--json").json
    assert (signed_in["account"], signed_in["role"]) == ("tri", "administrator")
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert files[0].read_text() not in named("audit", "verify", "--json").out
    assert named("keys", "rotate", "--json").json["requested_by"] == "tri"
    monkeypatch.setenv("VERITEM_PASSWORD", WORDS + " nữa")
    assert named("sign-in", "hoa").status == 0
    assert "several accounts are signed in (hoa, tri)" in named("keys", "rotate").err
    assert named("sign-out", "--json").json["signed_out"] == ["hoa", "tri"]
    assert "nobody is signed in here" in named("proposals", "list").err
    assert named("sign-in", "hoa", "--hours", "13").status == 2


def test_two_people_found_and_decide_on_postgresql(
    named: Veritem, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    monkeypatch.setenv("VERITEM_LEDGER_URL", postgres.database())
    assert named("init", "--json").json["founded"] == ["Tri", "hoa"]
    for name, password in (("tri", WORDS), ("hoa", WORDS + " nữa")):
        monkeypatch.setenv("VERITEM_PASSWORD", password)
        assert named("sign-in", name).status == 0
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", WORDS + " lắm")
    added = named("staff", "add", "bo", "--role", "authority", "--as", "tri", "--json").json
    number = str(added["proposal"])
    assert "another person" in named("proposals", "approve", number, "--as", "tri").err
    approved = named("proposals", "approve", number, "--as", "hoa")
    assert (approved.status, "SQLite" in approved.err) == (0, False), approved.err
    assert [one["is_confirmed"] for one in named("staff", "list", "--json").json["staff"]] == [
        True, True, True,
    ]  # fmt: skip
    monkeypatch.setenv("VERITEM_PASSWORD", WORDS + " lắm")
    assert named("sign-in", "bo", "--json").json["role"] == "authority"
    assert named("audit", "verify").status == 0
    assert named("staff", "disable", "bo", "--as", "hoa").status == 0
    assert named("order", "request", "O1", "--count", "5", *PARTIES, "--as", "bo").status == 1


def test_an_unknown_name_and_a_wrong_password_have_one_answer(
    named: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert named("init").status == 0
    monkeypatch.setenv("VERITEM_PASSWORD", "another " + WORDS)
    answers = [named("sign-in", name) for name in ("tri", "nobody", "../../x")]
    assert {(answer.status, answer.out, answer.err) for answer in answers} == {
        (1, "", "veritem: the name, the password or the one-time code is not right\n")
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"VERITEM_FOUNDER_2": "TRI "}, "two people found accounts"),
        ({"VERITEM_FOUNDER_2_PASSWORD": WORDS}, "two people found accounts"),
        ({"VERITEM_FOUNDER_2": ""}, "VERITEM_FOUNDER_2 names no account"),
        ({"VERITEM_FOUNDER_2": "hоa"}, "CYRILLIC"),
    ],
)
def test_one_person_founds_no_installation(
    named: Veritem, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], why: str
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    refused = named("init")
    assert (refused.status, why in refused.err) == (1, True), refused.err
    assert named("staff", "list", "--json").json["staff"] == []


def test_without_founders_one_line_says_what_to_do(veritem: Veritem, passphrases: None) -> None:
    told = veritem("init")
    assert told.status == 0
    assert "Nobody can decide yet" in told.out
    assert "`veritem init` founds two" in veritem("order", "approve", "O1", "--as", "lan").err


def test_a_demo_founds_accounts_that_need_no_sign_in(veritem: Veritem) -> None:
    assert veritem("init", "--demo", "--json").json["founded"] == ["lan", "minh"]
    register_parties(veritem)
    request = ("order", "request", "O1", "--count", "5", *PARTIES)
    assert veritem(*request, "--as", "Lan").status == 0
    assert "nobody is signed in here" in veritem(*request).err
