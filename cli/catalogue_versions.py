"""Add a version to each catalogue whose content changed: `python -m cli.catalogue_versions`.

`services/catalogues/versions.toml` has the versions, `digests.json` beside it the digest of each
entry of the last one, from which the changed codes follow.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from desk.texts import find_labels
from services.catalogues.catalogues import digest_rows, read_version_table
from services.catalogues.code_lists import CODE, CODE_LISTS, Row

FOLDER: Final = Path(__file__).parents[1] / "services" / "catalogues"
_HEAD: Final = (
    "# Versions of the catalogues, the oldest first. `python -m cli.catalogue_versions` adds one\n"
    "# to each whose content changed; a test fails until then. Earlier versions are never edited.\n"
)
_MOST_NAMED: Final = 200
"""Codes that a version names; of more it names none, and its number says that much changed."""
_LETTERS: Final = 6


def main() -> None:
    """Write the new versions."""
    day = datetime.now(UTC).date().isoformat()
    table, digests = read_version_table(), json.loads((FOLDER / "digests.json").read_text())
    for name, code_list in CODE_LISTS.items():
        rows = code_list.read_rows(find_labels)
        digest, known = digest_rows(rows), table.setdefault(name, [])
        if known and known[-1]["digest"] == digest:
            continue
        now = {row[CODE]: _digest_row(row) for row in rows}
        changes = _compare(digests.get(name), now)
        known.append({"version": len(known) + 1, "day": day, "digest": digest, **changes})
        digests[name] = now
    (FOLDER / "versions.toml").write_text(_HEAD + _write_table(table), encoding="utf-8")
    (FOLDER / "digests.json").write_text(
        json.dumps(digests, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8"
    )


def _digest_row(row: Row) -> str:
    text = json.dumps(dict(row), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LETTERS]


def _compare(before: Mapping[str, str] | None, now: Mapping[str, str]) -> dict[str, list[str]]:
    """The codes that were added, removed and changed; none for the first version."""
    if before is None:
        return {}
    found = {
        "added": [code for code in now if code not in before],
        "removed": [code for code in before if code not in now],
        "changed": [code for code in now if code in before and before[code] != now[code]],
    }
    return {name: codes for name, codes in found.items() if 0 < len(codes) <= _MOST_NAMED}


def _write_table(table: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = []
    for name, versions in sorted(table.items()):
        for row in versions:
            lines += ["", f"[[{name}]]"]
            lines += [f"{key} = {json.dumps(row[key], ensure_ascii=False)}" for key in row]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
