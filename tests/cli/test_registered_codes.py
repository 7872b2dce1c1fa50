"""`veritem registry codes`: a file is shown and applied, a code is suspended and restored."""

from pathlib import Path

from tests.cli.conftest import Veritem

FILE = "Mã;Tên;Tỉnh;Diện tích\nVN-ĐLOR-0123;Vùng trồng [Ea Kao];Đắk Lắk;12,5\n"


def test_a_file_is_shown_and_then_applied(place: Veritem, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text(FILE, encoding="utf-16")
    told = place("registry", "codes", "import", "codes.csv")
    assert "Apply with: veritem registry codes apply" in told.out
    shown = place("registry", "codes", "import", "codes.csv", "--json").json
    assert (shown["counts"]["added"], shown["can_apply"]) == (1, True)
    assert place("registry", "codes", "list", "--json").json["codes"] == []
    applied = place("registry", "codes", "apply", shown["id"])
    assert (applied.status, applied.out.strip()) == (0, "Added: 1. Changed: 0.")
    (code,) = place("registry", "codes", "list", "ea kao", "--json").json["codes"]
    assert (code["code"], code["name"]) == ("VN-ĐLOR-0123", "Vùng trồng [Ea Kao]")
    assert (code["province"], code["hectares"], code["changed_by"]) == ("66", 12.5, "minh")


def test_a_code_is_suspended_and_restored_with_its_history(place: Veritem) -> None:
    made = place(
        "registry", "codes", "add", "vn btph 036", "--kind", "packing_house", "--name", "Bình Thuận"
    )
    assert (made.status, "VN-BTPH-036" in made.out) == (0, True)
    assert place("registry", "codes", "suspend", "VN-BTPH-036", "--reason", "residue").status == 0
    shown = place("registry", "codes", "show", "vnbtph036", "--json").json
    assert (shown["condition"], shown["status_reason"]) == ("suspended", "residue")
    assert place("registry", "codes", "restore", "VN-BTPH-036", "--reason", "clean").status == 0
    assert place("registry", "codes", "revoke", "VN-BTPH-036", "--reason", "lent").status == 0
    refused = place("registry", "codes", "suspend", "VN-BTPH-036", "--reason", "x", "--json")
    assert refused.refusal["error"] == "code-state"
    shown = place("registry", "codes", "show", "vnbtph036", "--json").json
    steps = [change["action"] for change in shown["history"]]
    assert steps == ["revoke", "restore", "suspend", "add"]


def test_a_code_in_plain_letters_is_told_the_registered_one(place: Veritem) -> None:
    area = ("--kind", "growing_area", "--name", "Ea Kao")
    assert place("registry", "codes", "add", "VN-ĐLOR-0123", *area).status == 0
    refused = place("registry", "codes", "show", "VN-DLOR-0123")
    assert refused.status != 0
    assert "VN-ĐLOR-0123" in refused.err
    malformed = place("registry", "codes", "add", "VN-ĐLPH-0123", *area, "--json")
    assert malformed.refusal["field"] == "code"


def test_a_rule_is_switched_on_and_off(place: Veritem) -> None:
    said = place("registry", "codes", "require", "growing_area")
    assert said.out.strip() == "Every growing area must be registered."
    said = place("registry", "codes", "require", "growing_area", "--off", "--json")
    assert said.json == {"kind": "growing_area", "required": False}
