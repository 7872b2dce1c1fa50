"""`veritem minutes`: minutes are edited as a file, saved as versions and written as a PDF."""

import asyncio
import json
from pathlib import Path

from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger
from tests.cli.test_hearings import raise_case


def test_minutes_are_edited_as_a_file_and_printed(place: Veritem, tmp_path: Path) -> None:
    case = str(asyncio.run(raise_case(find_ledger(tmp_path))))
    draft = place("minutes", "show", case, "--json").json
    assert (draft["version"], draft["fields"]["party"]) == (0, "Tân Phước")
    file = tmp_path / "minutes.json"
    file.write_text(json.dumps({**draft, "fields": {**draft["fields"], "place": "Chợ Bến Thành"}}))
    saved = place("minutes", "save", case, str(file), "--json")
    assert saved.status == 0, saved.err
    assert (saved.json["version"], saved.json["saved_by"]) == (1, "minh")
    assert "Chợ Bến Thành" in place("minutes", "show", case).out

    # The file names version 0, and another version was saved since.
    file.write_text(json.dumps({**draft, "fields": {"place": "Chợ khác"}}))
    stale = place("minutes", "save", case, str(file), "--json")
    assert (stale.status, stale.refusal["error"]) == (1, "row-changed")
    file.write_text("[1]")
    assert "not a JSON object" in place("minutes", "save", case, str(file)).err
    wrote = place("minutes", "pdf", case, "1", "--out", "minutes.pdf")
    assert wrote.status == 0, wrote.err
    assert Path("minutes.pdf").read_bytes().startswith(b"%PDF-")
    assert place("minutes", "pdf", case, "9", "--out", "none.pdf").status == 1
