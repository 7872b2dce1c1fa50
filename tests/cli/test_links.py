"""`veritem links`: links of GS1 keys at the command line."""

import json
from pathlib import Path

from tests.cli.conftest import Veritem

LINK = {"type": "gs1:pip", "href": "https://htx.vn/ri6", "title": "Ri6", "hreflang": ["vi"]}


def test_links_of_a_key_are_put_shown_and_removed(place: Veritem) -> None:
    name = ("--name", "HTX", "--as", "minh")
    place("registry", "organisation", "htx", "--kind", "packer", *name)
    hosts = ("--prefix", "8935000", "--host", "htx.vn")
    owner = place("links", "set-owner", "htx", *hosts, "--as", "minh", "--json")
    assert owner.json == {"organisation": "htx", "prefixes": ["8935000"], "hosts": ["htx.vn"]}
    document = Path("links.json")
    document.write_text(json.dumps({"description": "Ri6", "links": [LINK]}))
    added = place("links", "add", "(01)08935000000014", "links.json", "--as", "minh", "--json").json
    assert (added["organisation"], added["path"]) == ("htx", "/01/08935000000014")
    assert "https://htx.vn/ri6" in place("links", "show", added["id"]).out
    answers = place("links", "answers", added["id"], "--type", "gs1:pip", "--json").json["answers"]
    assert {(one["status"], one["links"][0]["title"]) for one in answers} == {(307, "Ri6")}
    table = Path("links.csv")
    table.write_text("key;type;href;title\n(414)8935000000014;pip;https://evil.example/;A\n")
    refused = place("links", "import", "links.csv", "--as", "minh")
    assert (refused.status, "line 2" in refused.err) == (1, True)
    table.write_text(table.read_text().replace("evil.example", "htx.vn"))
    place_set = place("links", "import", "links.csv", "--as", "minh", "--json").json["link_sets"]
    assert [one["key"] for one in place_set] == ["(414)8935000000014"]
    assert place("links", "remove", place_set[0]["id"], "--as", "minh").status == 0
    document.write_text(json.dumps({"links": [LINK, {**LINK, "href": "https://evil.example/"}]}))
    refused = place("links", "put", added["id"], "links.json", "--as", "minh")
    assert (refused.status, "links[1].href" in refused.err) == (1, True)
    for broken in ("[]", '{"links": [{"type": "pip"}]}', '{"links": [1]}', "{"):
        document.write_text(broken)
        assert place("links", "put", added["id"], "links.json", "--as", "minh").status == 1
    assert place("links", "list", "--json").json["link_sets"] == [added]
    old = ("--version", "7", "--as", "minh")
    assert place("links", "remove", added["id"], *old).status == 1
    assert place("links", "remove", added["id"], "--as", "minh").status == 0
    assert place("links", "list", "--json").json["link_sets"] == []
