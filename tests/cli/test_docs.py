"""Documentation agrees with settings, commands, targets, files and command output."""

import re
import shlex
from pathlib import Path

import pytest

from cli.api_coverage import OTHERWISE, list_use_cases
from cli.generate_docs import render_pages, split_page
from cli.main import COMMANDS
from cli.settings import Settings
from config import list_settings
from tests.cli.conftest import Veritem

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_drawn_pages_match_the_code() -> None:
    for name, drawn in render_pages().items():
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert split_page(page)[1] == drawn, f"{name} is stale: make docs"


def test_the_api_does_what_the_pages_do_or_the_table_says_what_to_do_instead() -> None:
    found = list_use_cases()
    without = {name for name, (_, operations) in found.items() if not operations}
    assert without == set(OTHERWISE)
    assert len(found) > 70


def test_every_setting_is_described() -> None:
    assert [setting.name for setting in list_settings(Settings) if not setting.description] == []


def test_the_readme_lists_exactly_the_commands() -> None:
    assert set(re.findall(r"^\| `veritem ([a-z0-9-]+)", README, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, veritem: Veritem) -> None:
    result = veritem(name, "--help")
    assert result.status == 0
    assert "Usage" in result.out


def test_every_makefile_target_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert explained == set(phony[1].split())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    packages = "|".join([*(path.parent.name for path in ROOT.glob("*/__init__.py")), "ops", "docs"])
    named = re.findall(rf"`((?:{packages})/[\w./-]*\w(?:\.\w+)?/?)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def blocks(text: str) -> list[str]:
    """Return the console sessions of a page: fenced blocks that start with `$`."""
    return re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readme_shows_the_output_of_its_commands(
    quick_passphrases: None, veritem: Veritem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    sessions = [block for block in blocks(README) if "$ veritem" in block]
    assert sessions
    for session in sessions:
        for step in re.split(r"^(?=\$ )", session, flags=re.MULTILINE):
            if not step.strip():
                continue
            command, _, shown = step.partition("\n")
            _, program, *arguments = shlex.split(command)
            if program == "export":
                name, _, value = arguments[0].partition("=")
                monkeypatch.setenv(name, value)
                continue
            if program == "cp":
                Path(arguments[1]).write_bytes((ROOT / arguments[0]).read_bytes())
                continue
            assert program == "veritem", command
            result = veritem(*arguments)
            output = re.sub(r"\s+\n", "\n", result.out + result.err).strip()
            # "…" matches text that differs between runs.
            pattern = re.escape(re.sub(r"\s+\n", "\n", shown).strip()).replace("…", ".*?")
            assert re.fullmatch(pattern, output, re.DOTALL), f"{command}\n{output}"
