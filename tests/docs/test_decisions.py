"""Architecture decision records have one form and numbers without gaps, and references resolve."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADR = ROOT / "docs/adr"
REFERENCE = r"\bADR (\d{4}|[a-z0-9]+(?:-[a-z0-9]+)+)\b|\badr/(\d{4})(-[\w-]+\.md)?"
TEXT = {".py", ".md", ".toml", ".lua", ".sql", ".js", ".css", ".html", ".sh", ""}


@cache
def files() -> tuple[Path, ...]:
    """All text files of the checkout: those in git, or all of them in a copy without git."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    found = [ROOT / name for name in listed] or list(ROOT.rglob("*"))
    return tuple(path for path in found if path.is_file() and path.suffix in TEXT)


def numbers() -> dict[str, str]:
    """The decisions: number and file name."""
    return {path.name[:4]: path.name for path in ADR.glob("*.md")}


def test_decisions_are_numbered_without_gaps() -> None:
    assert sorted(numbers()) == [f"{n:04}" for n in range(1, len(list(ADR.iterdir())) + 1)]


@pytest.mark.parametrize("path", sorted(ADR.glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_context_decision_and_consequences(path: Path) -> None:
    sections = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == ["Context", "Decision", "Consequences"]


def test_every_decision_that_is_referred_to_exists() -> None:
    known = numbers()
    dangling = [
        f"{path.relative_to(ROOT)}: {reference[0]}"
        for path in files()
        if path != Path(__file__)
        for reference in re.finditer(REFERENCE, path.read_text(encoding="utf-8"))
        if not _exists(reference, known)
    ]
    assert dangling == []


def _exists(reference: re.Match[str], known: dict[str, str]) -> bool:
    number = reference[1] or reference[2]
    if number not in known:
        return False
    return reference[3] is None or known[number] == number + reference[3]
