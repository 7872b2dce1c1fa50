"""Places at the command line."""

from tests.cli.conftest import Veritem


def test_a_place_is_added_and_changed_and_what_is_not_named_stays(place: Veritem) -> None:
    kho = ("kho-1", "--kind", "warehouse", "--name", "Kho lạnh", "--ward", "24169")
    added = place("registry", "place", *kho, "--gln", "8935000000014", "--json")
    assert (added.json["province"], added.json["gln"]) == ("66", "8935000000014")
    changed = place("registry", "change-place", "kho-1", "--name", "Kho 2", "--json").json
    assert (changed["name"], changed["ward"], changed["gln"]) == ("Kho 2", "24169", "8935000000014")
    moved = place("registry", "change-place", "kho-1", "--province", "01", "--json").json
    assert (moved["province"], moved["ward"]) == ("01", None)
    for wrong in (("--ward", "Không Có"), ("--gln", "893"), ("--organisation", "none")):
        refused = place("registry", "change-place", "kho-1", *wrong)
        assert refused.status != 0
    assert place("registry", "place", "kho-2", "--kind", "bank", "--name", "x").status != 0
