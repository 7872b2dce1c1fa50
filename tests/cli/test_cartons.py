"""`veritem cartons`: pack, show, unpack, and one clear line for a refusal."""

from tests.cli.conftest import Veritem, recall, register_packer
from tests.cli.test_life import lot_file

LABEL = "389350000100000014"


def activate_stamps(place: Veritem) -> None:
    """Activate the first fifty stamps of batch 1 for the lot L1."""
    register_packer(place)
    for command in (
        ("batch", "create", "O1", "--as", "minh"),
        ("stamps", "printed", "1"),
        ("lot", "put", lot_file()),
        ("stamps", "activate", "1·0-49", "--lot", "L1"),
    ):
        done = place(*command)
        assert done.status == 0, done.err


def test_cartons_are_packed_shown_recalled_and_unpacked(place: Veritem) -> None:
    activate_stamps(place)
    packed = place("cartons", "pack", f"(00){LABEL}", "1·0-9", "1·20-29", "--json")
    assert packed.status == 0, packed.err
    assert packed.json["act"]["stamps"] == 20
    assert packed.json["carton"]["organisation"] == "krong-pac"
    assert place("cartons", "pack", "P-1", LABEL).status == 0
    shown = place("cartons", "show", LABEL, "--json").json
    assert (shown["ranges"], shown["lots"], shown["pallet"]) == (
        ["1·0-9", "1·20-29"],
        ["L1"],
        "P-1@krong-pac",
    )
    assert "20" in place("cartons", "show", "P-1").out
    listed = place("cartons", "list", "--search", "1·25", "--json").json
    assert [one["label"] for one in listed["cartons"]] == [LABEL]
    recalled = recall(place, "--carton", "P-1", "--reason", "ordered").json
    assert recalled["document"]["ranges"] == [[1, 0, 10], [1, 20, 30]]
    assert place("cartons", "unpack", "P-1", "--json").json["act"]["cartons"] == [LABEL]
    assert "10" in place("cartons", "unpack", LABEL, "1·0-9").out


def test_what_can_not_be_packed_is_refused_in_one_line(place: Veritem) -> None:
    activate_stamps(place)
    for what, why in (
        (("T-1", "1·40-60"), "1·50-60 are not activated"),
        (("T-1", "1"), "names a whole batch"),
        (("carton", "1·0"), "not a label of a carton"),
        (("P-1", "1·0"), "stamps go into cartons"),
    ):
        refused = place("cartons", "pack", *what)
        assert refused.status != 0
        assert why in refused.err
        assert "Traceback" not in refused.err
    assert "there is no carton T-1" in place("cartons", "show", "T-1").err
