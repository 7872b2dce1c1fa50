"""`veritem review`: a lot is submitted, returned, submitted again and published."""

import json
from pathlib import Path

from tests.cli.conftest import Veritem, register_packer
from tests.services.office import lot_document


def test_a_lot_is_reviewed_and_published(place: Veritem, tmp_path: Path) -> None:
    def call(*arguments: str, by: str = "minh") -> dict[str, object]:
        done = place("review", *arguments, "--as", by, "--json")
        assert done.status == 0, done.err
        return done.json  # type: ignore[no-any-return]

    file = tmp_path / "lot.json"
    register_packer(place)
    file.write_text(json.dumps(lot_document()), "utf-8")
    put = place("lot", "put", str(file), "--organisation", "krong-pac", "--as", "minh")
    assert put.status == 0, put.err
    assert call("submit", "L1", "--note", "xin xem")["id"] == 1
    own = place("review", "approve", "1", "--as", "minh")
    assert (own.status, "another person must review it" in own.err) == (1, True)
    assert call("return", "1", "Thiếu ảnh", by="lan")["state"] == "returned"
    assert call("submit", "L1")["id"] == 2
    call("rule", "2", by="lan")
    [listed] = place("review", "list", "--json").json["submissions"]
    assert (listed["id"], listed["state"], listed["reviewers"]) == (2, "submitted", 1)
    assert call("approve", "2", by="lan")["state"] == "published"
    shown = place("review", "publication", "L1")
    assert "HTX Krông Pắc" in shown.out
    assert "Thiếu ảnh" in place("review", "show", "1").out
