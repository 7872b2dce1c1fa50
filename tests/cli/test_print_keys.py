"""Keys of print houses at the command line."""

import pyrage

from tests.cli.conftest import Veritem


def test_a_key_of_a_print_house_is_replaced(place: Veritem) -> None:
    old, new = (str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    house = ("in-mekong", "--kind", "print_house", "--name", "Nhà in", "--public-key", old)
    assert place("registry", "organisation", *house).status == 0
    keys = ("registry", "print-keys")
    assert place(*keys, "retire", "in-mekong", old).status != 0  # the only one
    added = place(*keys, "add", "in-mekong", new, "--label", "Máy 2", "--json")
    assert added.json["public_key"] == new
    assert place(*keys, "retire", "in-mekong", old).status == 0
    listed = place(*keys, "list", "in-mekong", "--json").json["keys"]
    assert {one["public_key"]: one["retired_by"] for one in listed} == {old: "minh", new: None}
    refused = place(*keys, "add", "in-mekong", "age1x")
    assert refused.status != 0
    assert "public_key" in refused.err
