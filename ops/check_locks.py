"""Check that every extra that an installed package asks for is pinned with it in the lock.

pip with hashes refuses a requirement such as `coverage[toml]>=7` while the lock says only
`coverage==7.17`: a requirement with an extra is another requirement, and pip looks for its newest
version (https://pip.pypa.io/en/stable/topics/secure-installs/). Usage: check_locks.py LOCK
"""

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==")


def read_pins(lock: str) -> dict[str, set[str]]:
    """The packages that a lock file pins, each with its extras.

    >>> read_pins("coverage[toml]==7.17.3 \\\\\\n    --hash=sha256:00\\nidna==3.11")
    {'coverage': {'toml'}, 'idna': set()}
    """
    pins: dict[str, set[str]] = {}
    for line in lock.splitlines():
        if found := _PIN.match(line):
            extras: set[str] = {
                canonicalize_name(extra.strip()) for extra in (found[2] or "").split(",")
            }
            pins[canonicalize_name(found[1])] = extras - {""}
    return pins


def missing_extras(pins: dict[str, set[str]], installed: list[Distribution]) -> list[str]:
    """One line for each extra that a pinned package asks for and the lock does not name."""
    lines = []
    for distribution in installed:
        name = canonicalize_name(distribution.metadata["Name"])
        if name not in pins:
            continue
        for text in distribution.requires or ():
            requirement = Requirement(text)
            wanted = {canonicalize_name(extra) for extra in requirement.extras}
            active = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in ("", *pins[name])
            )
            lacking = wanted - pins.get(canonicalize_name(requirement.name), set())
            if active and lacking:
                extras = ", ".join(sorted(lacking))
                lines.append(f"{name} asks for {text}; the lock has no {extras}")
    return sorted(lines)


def main() -> int:
    """Print what is missing; the exit code is 1 when anything is."""
    lock = Path(sys.argv[1])
    lines = missing_extras(read_pins(lock.read_text()), list(distributions()))
    for line in lines:
        sys.stderr.write(f"{lock}: {line}\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
