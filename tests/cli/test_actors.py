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


def test_many_are_invited_by_a_file_and_their_sheets_are_one_pdf(
    place: Veritem, tmp_path: Path
) -> None:
    who, table = ("--as", "minh"), tmp_path / "moi.csv"
    table.write_text("Vai trò;Tên;SĐT\nNgười trồng;Hộ A;0912345678\nThu mua;B;\n")
    shown = place("actors", "import", str(table), *who)
    assert (shown.status, "line 2: grower Hộ A" in shown.out) == (0, True), shown.err
    assert "Hộ A" not in place("actors", "list", *who).out
    sheets = tmp_path / "sheets.pdf"
    early = place("actors", "import", str(table), "--sheets", str(sheets), *who)
    assert (early.status != 0, "--sheets needs --apply" in early.err) == (True, True)
    done = place("actors", "import", str(table), "--apply", "--sheets", str(sheets), *who, "--json")
    assert done.json["applied_at"] is not None
    assert sheets.read_bytes().startswith(b"%PDF-")
    assert "Hộ A" in place("actors", "list", "--state", "open", *who).out
    again = place("actors", "import", str(table), "--apply", *who, "--json").json
    assert (again["refused"], again["applied_at"]) == (2, None)
