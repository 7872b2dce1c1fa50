"""`veritem field`: snapshots for phones without a network."""

import json
from pathlib import Path

from issuer.field_snapshot import parse_snapshot
from stamps.signature import PublicKeys
from tests.cli.conftest import Veritem


def test_a_snapshot_is_made_written_and_verified_by_the_keys_that_it_names(
    place: Veritem, tmp_path: Path
) -> None:
    made = place("field", "snapshot", "--out", "list.bin", "--json")
    assert made.status == 0, made.err
    assert (made.json["version"], made.json["base"]) == (1, 1)
    file = (tmp_path / "list.bin").read_bytes()
    assert made.json["size"] == len(file)
    head = parse_snapshot(file, read_keys(place, tmp_path)).content
    assert head["codes"] == made.json["codes"]
    assert "Snapshot 2: what changed since snapshot 1" in place("field", "snapshot").out


def read_keys(place: Veritem, folder: Path) -> PublicKeys:
    """The public keys, as they are published."""
    [path] = list(folder.rglob("public.json"))
    return PublicKeys.from_jwks(json.loads(path.read_text()))
