"""Every file of the repository is whole: none holds the markers of an unfinished merge."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARKERS = ("<" * 7, ">" * 7)


def test_no_file_holds_a_marker_of_an_unfinished_merge() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    marked = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if not name or not path.is_file():
            continue
        lines = path.read_bytes().splitlines()
        marked += [
            f"{name}:{number}"
            for number, line in enumerate(lines, start=1)
            if line.startswith(tuple(f"{marker} ".encode() for marker in MARKERS))
        ]
    assert not marked
