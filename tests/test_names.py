"""Names of classes and functions: no two classes share one, and a function names its object."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [*CONFIGURATION["tool"]["importlinter"]["root_packages"], "benchmarks"]

VERBS_WITHOUT_OBJECT = ("read", "write", "get", "load", "make", "build", "take", "tell", "handle")
"""A function with such a name says nothing where it is called, and no search finds it."""


def find_definitions(pattern: str) -> Iterator[tuple[str, str]]:
    """Each name that a pattern finds at the left margin of a module, with the module's path."""
    definition = re.compile(pattern, re.MULTILINE)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for found in definition.finditer(path.read_text()):
                yield found[1], str(path.relative_to(ROOT))


def test_no_two_classes_share_a_name() -> None:
    modules = defaultdict(list)
    for name, module in find_definitions(r"^class (\w+)"):
        modules[name].append(module)
    assert len(modules) > 500
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}


@pytest.mark.parametrize("verb", VERBS_WITHOUT_OBJECT)
def test_no_function_is_called_by_a_verb_alone(verb: str) -> None:
    counted = Counter(
        module for name, module in find_definitions(r"^(?:async )?def (\w+)") if name == verb
    )
    assert counted == Counter()
