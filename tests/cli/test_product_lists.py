"""`veritem province`: products are put on lists, listed, and taken off."""

from tests.cli.conftest import Veritem

DECISION = ("--basis", "412/QĐ-UBND", "--basis-day", "2025-12-20")


def test_a_product_is_put_on_a_list_and_taken_off(place: Veritem) -> None:
    told = ("ocop", "sau-rieng-ri6", "--since", "2026-01-01", *DECISION, "--province", "66")
    refused = place("province", "add", *told, "--key", "a", "--json")
    assert refused.refusal["error"] == "invalid-input"  # an OCOP product has stars
    added = place("province", "add", *told, "--stars", "4", "--key", "b", "--json")
    assert added.status == 0, added.err
    id_ = added.json["id"]
    assert "ocop 4" in place("province", "lists", "--province", "66").out
    assert place("province", "lists", "--kind", "export", "--json").json["entries"] == []
    ended = place("province", "end", id_, "Hết hạn", "--json")
    assert (ended.status, ended.json["end_reason"]) == (0, "Hết hạn")
    [entry] = place("province", "lists", "--json").json["entries"]
    assert (entry["id"], entry["ended_by"]) == (id_, "minh")
    assert place("province", "end", id_, "khác", "--json").refusal["error"] == "list-entry-ended"


def test_a_mandatory_list_is_proposed(place: Veritem) -> None:
    told = ("mandatory", "sau-rieng-ri6", "--since", "2099-01-01", *DECISION, "--country")
    made = place("province", "add", *told, "--key", "c")
    assert (made.status, "Proposed: " in made.out) == (0, True), made.err
    assert place("province", "lists", "--json").json["entries"] == []
