"""Webhooks at the command line."""

from tests.cli.conftest import Veritem


def test_a_webhook_is_added_tested_rotated_and_removed(place: Veritem) -> None:
    press = ("in-mekong", "--kind", "print_house", "--name", "Nhà in")
    assert place("registry", "organisation", *press).status == 0
    assert "bundle.ready" in place("webhooks", "events", "in-mekong").out
    url = "https://example.vn/hook"
    refused = place("webhooks", "add", "in-mekong", "https://10.0.0.1/", "--event", "batch.issued")
    assert (refused.status, "public host" in refused.err) == (1, True)
    added = place("webhooks", "add", "in-mekong", url, "--event", "batch.issued", "--json").json
    assert added["secret"].startswith("whsec_")
    id_ = added["id"]
    sent = place("webhooks", "test", id_, "--json").json
    [listed] = place("webhooks", "notices", id_, "--json").json["notices"]
    assert (listed["id"], listed["state"]) == (sent["id"], "waiting")
    assert place("webhooks", "resend", id_, sent["id"]).status == 0
    rotated = place("webhooks", "rotate", id_, "--json").json
    assert rotated["secret"] != added["secret"]
    assert place("webhooks", "disable", id_, "--json").json["state"] == "disabled"
    assert place("webhooks", "notices", id_, "--state", "dead", "--json").json["notices"]
    assert place("webhooks", "enable", id_, "--json").json["state"] == "active"
    assert id_ in place("webhooks", "list", "in-mekong").out
    assert place("webhooks", "remove", id_).status == 0
    assert place("webhooks", "list", "--json").json == {"webhooks": []}
