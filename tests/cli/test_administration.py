"""`veritem organisation`, `token` and `session`: what administrators do at the command line."""

import asyncio

import pytest

from ledger import open_ledger
from tests.cli.conftest import LEDGER, Veritem

PASSWORD = "chôm chôm nhãn Tiền Giang"


@pytest.fixture
def staffed(place: Veritem, monkeypatch: pytest.MonkeyPatch) -> Veritem:
    """Commands where Hoa of the packing house is signed in beside the administrators."""
    monkeypatch.setenv("VERITEM_STAFF_PASSWORD", PASSWORD)
    monkeypatch.setenv("VERITEM_PASSWORD", PASSWORD)
    hoa = ("hoa", "--role", "packer", "--organisation", "krong-pac")
    added = place("staff", "add", *hoa, "--as", "lan", "--json").json
    assert place("proposals", "approve", str(added["proposal"]), "--as", "minh").status == 0
    assert place("sign-in", "hoa").status == 0
    return place


def test_an_organisation_is_disabled_by_one_and_enabled_by_two(place: Veritem) -> None:
    reason = ("--reason", "Ngừng hoạt động", "--as", "lan", "--json")
    assert place("organisation", "disable", "krong-pac", "--as", "lan").status == 2
    blank = place("organisation", "disable", "krong-pac", "--reason", " ", "--as", "lan")
    assert (blank.status, "reason" in blank.err) == (1, True)
    disabled = place("organisation", "disable", "krong-pac", *reason)
    assert disabled.json["disabled_at"], disabled.err
    listed = place("organisation", "list", "--state", "disabled", "--json").json
    assert [one["id"] for one in listed["organisations"]] == ["krong-pac"]
    asked = place("organisation", "enable", "krong-pac", *reason).json
    number = str(asked["id"])
    assert place("proposals", "approve", number, "--as", "lan").status == 1
    assert place("proposals", "approve", number, "--as", "minh").status == 0
    assert place("organisation", "list", "--state", "disabled", "--json").json["next"] is None
    log = place("audit", "search", "--subject", "organisations:krong-pac", "--json").json
    told = [one["details"].get("reason") for one in log["entries"][:2]]
    assert told == ["Ngừng hoạt động", "Ngừng hoạt động"]


def test_a_token_of_an_organisation_is_made_listed_and_revoked(
    staffed: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = ("token", "make", "ERP", "--scope", "lot.see", "--days", "9", "--as", "hoa", "--json")
    made = staffed(*make, "--key", "k").json
    assert made["token"]
    again = staffed(*make, "--key", "k")
    assert (again.status, made["token"] in again.out + again.err) == (1, False)
    listed = staffed("token", "list", "--organisation", "krong-pac", "--json").json["tokens"]
    assert [(one["id"], one["state"]) for one in listed] == [(made["id"], "valid")]
    assert "ERP" in staffed("token", "list").out
    revoked = staffed("token", "revoke", made["id"], "--as", "lan", "--json").json
    assert revoked["state"] == "revoked"
    monkeypatch.setenv("VERITEM_PASSWORD", "wrong")
    assert staffed(*make).status == 1
    forbidden = ("token", "make", "X", "--scope", "order.request", "--as", "hoa")
    assert staffed(*forbidden).status == 1


def test_a_session_is_listed_and_ended(staffed: Veritem) -> None:
    async def begin() -> str:
        async with await open_ledger(LEDGER) as ledger:
            account = await ledger.staff.get("hoa")
            await ledger.staff_sessions.begin("s1", "hoa", account.generation, browser="Firefox")
            return "s1"

    asyncio.run(begin())
    (session,) = staffed("session", "list", "--account", "hoa", "--json").json["sessions"]
    assert (session["state"], session["browser"]) == ("open", "Firefox")
    assert "Firefox" in staffed("session", "list").out
    for _ in range(2):
        ended = staffed("session", "end", session["id"], "--as", "hoa", "--json")
        assert ended.json["state"] == "ended", ended.err
    assert staffed("session", "end", "none", "--as", "hoa").status == 1
