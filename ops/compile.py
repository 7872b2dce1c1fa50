"""Compile the hot path: the same Python through mypyc, in a tree of its own (docs/adr/0035).

    python ops/compile.py        make build/compiled (make compiled), two minutes

`build/compiled` holds a copy of the packages with the modules that `pyproject.toml` names under
`[tool.veritem.compiled]` as native code beside their sources, and `veritem`, which runs it with the
libraries of `.venv`. The copy and the native code are of one moment, so neither can be older than
the other; the tree takes its place only when it is whole. Native code of unchanged sources is kept.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).resolve().parents[1]
TREE: Final = HOME / "build" / "compiled"
PROJECT: Final = tomllib.loads((HOME / "pyproject.toml").read_text())
ROOMS: Final[dict[str, list[str]]] = PROJECT["tool"]["veritem"]["compiled"]
BELOW: Final = ("stamps", "detection", "web", "ledger", "traceability", "resolver")
"""The rooms that compiled modules import: what they are made of."""
LAUNCHER: Final = """#!/bin/sh
# Runs veritem with its hot path compiled (ops/compile.py).
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec "$here/../../.venv/bin/python" -P -m cli "$@"
"""


def main() -> None:
    """Copy, compile (or keep what is compiled), and put the tree in its place."""
    new = TREE.with_name("compiled.unfinished")
    shutil.rmtree(new, ignore_errors=True)
    copy_to(new)
    made_of = digest()
    told = TREE / "made-of"
    if told.is_file() and told.read_text() == made_of:
        for native in TREE.rglob("*.so"):
            shutil.copy2(native, new / native.relative_to(TREE))
    else:
        compile_in(new)
    (new / "made-of").write_text(made_of)
    shutil.rmtree(TREE, ignore_errors=True)
    new.rename(TREE)


def copy_to(tree: Path) -> None:
    """All that the compiled form runs, and the tests that it must pass."""
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    for name in [*(package.rstrip("*") for package in packages), "tests", "ops", "docs"]:
        shutil.copytree(HOME / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy2(HOME / file, tree)
    (tree / "node_modules").symlink_to(HOME / "node_modules")
    launcher = tree / "veritem"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def digest() -> str:
    """What the native code is made of, and with, in one word."""
    made = hashlib.sha256(sys.version.encode())
    files = [HOME / "pyproject.toml", HOME / "requirements/dev.lock", Path(__file__)]
    for room in BELOW:
        files += sorted((HOME / room).rglob("*.py"))
    for file in files:
        made.update(f"{file.relative_to(HOME)}\0".encode() + file.read_bytes())
    return made.hexdigest()


def compile_in(tree: Path) -> None:
    """Put native code beside the sources in `tree`; the compiler's words are shown if it fails."""
    groups = {
        f"{room}_compiled": [f"{room}/{name.replace('.', '/')}.py" for name in names]
        for room, names in ROOMS.items()
    }
    count = sum(map(len, groups.values()))
    sys.stderr.write(f"Compiling {count} modules (two minutes) …\n")
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", BUILD, repr(groups), str(os.cpu_count() or 1)],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nmypyc could not compile them; {tree} is as it left it")
    shutil.rmtree(tree / "build")


# In a process of its own: setuptools and mypyc work where they are started, and talk much.
BUILD: Final = """
import ast, sys
from mypyc.build import mypycify
from setuptools import setup

groups = ast.literal_eval(sys.argv[1])
everything = [source for sources in groups.values() for source in sources]
made = mypycify(everything, opt_level="2", debug_level="0",
                separate=[(sources, name) for name, sources in groups.items()])
setup(name="compiled", packages=[], ext_modules=made,
      script_args=["--quiet", "build_ext", "--inplace", "--parallel", sys.argv[2]])
"""


if __name__ == "__main__":
    main()
