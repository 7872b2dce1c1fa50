"""The lock files install with the pip that Python 3.11 ships, today and in a year."""

from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from ops.check_locks import missing_extras, read_pins

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


class AsksForAnExtra(Distribution):
    """An installed package that asks for `coverage[toml]`."""

    def read_text(self, filename: str) -> str | None:
        return (
            "Metadata-Version: 2.1\nName: pytest-cov\nVersion: 7.1\n"
            "Requires-Dist: coverage[toml]>=7.10.6\n"
            'Requires-Dist: process-tests[all]; extra == "testing"\n'
            if filename == "METADATA"
            else None
        )

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize("level", ["run", "dev"])
def test_the_lock_pins_every_extra_that_an_installed_package_asks_for(level: str) -> None:
    lock = (REQUIREMENTS / f"{level}.lock").read_text()
    assert missing_extras(read_pins(lock), list(distributions())) == []


def test_an_extra_without_a_pin_is_named() -> None:
    pins = read_pins("coverage==7.17.3\npytest-cov==7.1.0")
    assert missing_extras(pins, [AsksForAnExtra()]) == [
        "pytest-cov asks for coverage[toml]>=7.10.6; the lock has no toml"
    ]


def test_an_extra_that_is_not_in_use_asks_for_nothing() -> None:
    pins = read_pins("coverage[toml]==7.17.3\npytest-cov==7.1.0")
    assert missing_extras(pins, [AsksForAnExtra()]) == []


@pytest.mark.parametrize("level", ["run", "dev"])
def test_every_line_of_a_lock_has_a_version_and_a_hash_and_no_index(level: str) -> None:
    lock = (REQUIREMENTS / f"{level}.lock").read_text()
    assert "://" not in lock
    pinned = lock.count("==")
    assert pinned
    assert len(read_pins(lock)) <= lock.count("--hash=sha256:")
