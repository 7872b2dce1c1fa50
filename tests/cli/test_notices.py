"""E-mail of the signed-in account, and dead mails, at the command line."""

import sqlite3
from contextlib import closing
from pathlib import Path

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
