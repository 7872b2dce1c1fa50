"""E-mail of the signed-in account, and dead mails, at the command line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Veritem

ADDRESS = """
INSERT INTO mail_addresses (staff, address, language, verified_at, state, choices, level,
    digest_hour, digest_at, rest_until)
VALUES ('minh', 'mai@example.vn', 'vi', 0, 'active', '', 'strong', 7, 0, 0)
"""
DEAD = """
INSERT INTO mails (id, staff, address, purpose, language, content, made_at, state, due_at,
    expires_at, busy_until, attempts, tried_at, status, failure)
VALUES ('m1', 'minh', 'mai@example.vn', 'test', 'vi', '{}', 1, 'dead', 1, 2, 0, 1, 1, 550,
    'address-refused')
"""


def test_an_account_chooses_what_it_is_told_and_dead_mails_are_sent_again(place: Veritem) -> None:
    shown = place("notices", "show", "--json").json
    assert shown["address"] is None
    refused = place("notices", "choose", "--kind", "alert=digest")
    assert (refused.status, "no confirmed address" in refused.err) == (1, True)
    with closing(sqlite3.connect(Path("var/veritem.db"))) as raw, raw:
        raw.execute(ADDRESS)
        raw.execute(DEAD)
    chosen = place(
        "notices", "choose", "--kind", "recall=never", "--hour", "6", "--level", "any", "--json"
    ).json
    assert (chosen["digest_hour"], chosen["level"]) == (6, "any")
    assert {"kind": "recall", "mode": "never", "modes": ["at_once", "digest", "never"]} in chosen[
        "kinds"
    ]
    wrong = place("notices", "choose", "--kind", "recall=sometimes")
    assert wrong.status == 1
    [dead] = place("notices", "mails", "--state", "dead", "--json").json["mails"]
    assert (dead["id"], dead["address"], dead["status"]) == ("m1", "m…@example.vn", 550)
    assert place("notices", "resend", "m1", "--json").json["state"] == "waiting"
    assert place("notices", "remove", "--json").json["address"] is None


@pytest.fixture
def mailing(place: Veritem, monkeypatch: pytest.MonkeyPatch) -> Veritem:
    """Commands of an installation with a mail server; another process sends."""
    monkeypatch.setenv("VERITEM_NOTICES_MAIL_SERVER", "smtps://mail.example.vn")
    monkeypatch.setenv("VERITEM_NOTICES_MAIL_FROM", "tem@example.vn")
    return place


def list_waiting(place: Veritem) -> list[tuple[str, str]]:
    found = place("notices", "mails", "--json").json["mails"]
    return [(one["purpose"], one["address"]) for one in found]


def test_an_address_is_asked_for_with_the_password(
    mailing: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERITEM_PASSWORD", "wrong")
    assert mailing("notices", "address", "minh@example.vn", "--as", "minh").status == 1
    monkeypatch.setenv("VERITEM_PASSWORD", "măng cụt của Minh, vỏ tím")
    assert mailing("notices", "address", "minh", "--as", "minh").status == 1
    asked = mailing("notices", "address", "minh@example.vn", "--as", "minh", "--json")
    assert asked.json["address"] is None, asked.err
    assert list_waiting(mailing) == [("verify", "m…@example.vn")]
    assert mailing("notices", "test-mail", "--as", "minh").status == 1  # not confirmed yet
    with closing(sqlite3.connect(Path("var/veritem.db"))) as raw, raw:
        raw.execute(ADDRESS)
    sent = mailing("notices", "test-mail", "--as", "minh", "--json")
    assert (sent.json["purpose"], sent.json["state"]) == ("test", "waiting"), sent.err


def test_links_are_mailed_where_an_address_is_given(mailing: Veritem) -> None:
    invite = ("staff", "invite", "hoa", "--role", "packer", "--as", "lan", "--json")
    wrong = mailing(*invite, "--mail-to", "hoa")
    assert (wrong.status, mailing("staff", "list", "--json").out.count("hoa")) == (1, 0)
    invited = mailing(*invite, "--mail-to", "hoa@example.vn", "--language", "en").json
    assert list_waiting(mailing) == [("invitation", "h…@example.vn")]
    listed = mailing("notices", "mails", "--json").out
    assert invited["link"].partition("#")[2] not in listed
    mailing("staff", "new-link", "hoa", "--mail-to", "h2@example.vn", "--as", "lan")
    assert ("invitation", "h…@example.vn") in list_waiting(mailing)


def test_without_a_mail_server_a_link_is_not_made_for_an_address(place: Veritem) -> None:
    invite = ("staff", "invite", "hoa", "--role", "packer", "--as", "lan")
    assert place(*invite, "--mail-to", "hoa@example.vn").status == 1
    assert "hoa" not in place("staff", "list", "--json").out
