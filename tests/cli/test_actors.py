"""`veritem actors`: invitations at the command line."""

from pathlib import Path

from tests.cli.conftest import Veritem


def test_an_actor_is_invited_shown_printed_and_withdrawn(place: Veritem, tmp_path: Path) -> None:
    who = ("--as", "minh")
    made = place(
        *("actors", "invite", "grower", "Hộ ông Y Bih Niê", "--phone", "0912 345 678"),
        *("--key", "k", *who, "--json"),
    )
    assert made.status == 0, made.err
    one = made.json["id"]
    assert made.json["link"].endswith(f"/join#{made.json['code']}")
    listed = place("actors", "list", "--state", "open", *who)
    assert ("…678" in listed.out, "912345" in listed.out) == (True, False)
    assert made.json["code"] in place("actors", "show", one, *who).out
    sheet = tmp_path / "sheet.pdf"
    assert place("actors", "sheet", one, "--out", str(sheet), *who).status == 0
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert "withdrawn" in place("actors", "withdraw", one, *who).out
    refused = place("actors", "sheet", one, "--out", str(sheet), *who)
    assert (refused.status, "not valid" in refused.err) == (1, True)
    wrong = place("actors", "invite", "grower", "x", "--phone", "12", "--key", "l", *who)
    assert (wrong.status, "no phone number" in wrong.err) == (1, True)
