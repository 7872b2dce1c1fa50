"""Documents and code refer to files and decisions that exist."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADR = ROOT / "docs/adr"
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/failures.md")
PACKAGES = (
    "stamps detection web traceability ledger printing issuer services resolver desk cli config "
    "simulation benchmarks ops tests docs"
).split()
TEXT = {".py", ".md", ".toml", ".lua", ".sql", ".js", ".css", ".html", ".sh", ""}


@cache
def files() -> tuple[Path, ...]:
    """All text files of the checkout: those that git knows, or all of them in a copy without git."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    found = [ROOT / name for name in listed] or [
        path for package in PACKAGES for path in (ROOT / package).rglob("*")
    ]
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
        for reference in re.finditer(
            r"\bADR (\w[\w-]*)|docs/adr/(\d{4})(-[\w-]+\.md)?", path.read_text(encoding="utf-8")
        )
        if not _exists(reference, known)
    ]
    assert dangling == []


def _exists(reference: re.Match[str], known: dict[str, str]) -> bool:
    number = reference[1] or reference[2]
    if number not in known:
        return False
    return reference[3] is None or known[number] == number + reference[3]


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = [path.parent.name for path in ROOT.glob("*/__init__.py")]
    assert [name for name in packages if f"`{name}" not in text] == []
