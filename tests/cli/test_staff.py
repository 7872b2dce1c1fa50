"""`veritem staff`, `registry` and `audit` for administrators."""

from tests.cli.conftest import Veritem


def test_people_are_invited_and_the_log_is_searched(place: Veritem) -> None:
    invited = place("staff", "invite", "hoa", "--role", "packer", "--as", "lan", "--json").json
    assert "/invitation#inv_" in invited["link"]
    renewed = place("staff", "new-link", "hoa", "--as", "lan", "--json").json
    assert renewed["link"] != invited["link"]
    place("staff", "end-sessions", "hoa", "--as", "lan")
    assert place("staff", "tokens", "hoa", "--json").json == {"tokens": []}
    found = place("audit", "search", "--subject", "staff:hoa", "--json").json
    acts = [entry["action"] for entry in found["entries"]]
    assert acts == ["staff.sign-out", "staff.link", "staff.invite", "staff.add"]
    assert place("audit", "search", "--since", "x", "--json").status != 0
