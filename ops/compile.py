"""Compile the scan path: the same Python through mypyc, in a tree of its own (docs/adr/0035).

    python ops/compile.py        make build/compiled (make compiled), two minutes

`build/compiled` has a copy of the packages, with the modules of `[tool.veritem.compiled]` in
`pyproject.toml` as native code beside their sources, and the launcher `veritem`, which uses the
libraries of `.venv`. Sources and native code are copied together, so neither can be older than the
other. The tree is renamed into place when it is complete. Native code of unchanged sources is kept.
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
COMPILED: Final[dict[str, list[str]]] = PROJECT["tool"]["veritem"]["compiled"]
IMPORTED: Final = ("stamps", "detection", "web", "ledger", "traceability", "resolver")
"""The packages that compiled modules import: the native code depends on them."""
LAUNCHER: Final = """#!/bin/sh
# Runs veritem with a compiled scan path (ops/compile.py).
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec "$here/../../.venv/bin/python" -P -m cli "$@"
"""


def main() -> None:
    """Copy, compile (or keep native code of unchanged sources), and rename the tree into place."""
    new = TREE.with_name("compiled.unfinished")
    shutil.rmtree(new, ignore_errors=True)
    copy_to(new)
    sources = compute_digest()
    stored = TREE / "sources.sha256"
    if stored.is_file() and stored.read_text() == sources:
        for native in TREE.rglob("*.so"):
            shutil.copy2(native, new / native.relative_to(TREE))
    else:
        compile_in(new)
    (new / "sources.sha256").write_text(sources)
    shutil.rmtree(TREE, ignore_errors=True)
    new.rename(TREE)


def copy_to(tree: Path) -> None:
    """Copy the packages, and the tests that the compiled form must pass."""
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    for name in [*(package.rstrip("*") for package in packages), "tests", "ops", "docs"]:
        shutil.copytree(HOME / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md"):
        shutil.copy2(HOME / file, tree)
    (tree / "node_modules").symlink_to(HOME / "node_modules")
    launcher = tree / "veritem"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def compute_digest() -> str:
    """Return a digest of the sources, the lock and the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    files = [HOME / "pyproject.toml", HOME / "requirements/dev.lock", Path(__file__)]
    for package in IMPORTED:
        files += sorted((HOME / package).rglob("*.py"))
    for file in files:
        digest.update(f"{file.relative_to(HOME)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def compile_in(tree: Path) -> None:
    """Put native code beside the sources in `tree`; on failure show the compiler's output."""
    groups = {
        f"{package}_compiled": [f"{package}/{name.replace('.', '/')}.py" for name in names]
        for package, names in COMPILED.items()
    }
    count = sum(map(len, groups.values()))
    sys.stderr.write(f"Compiling {count} modules (two minutes) …\n")
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", BUILD, repr(groups), str(os.cpu_count() or 1)],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nmypyc failed; {tree} is left for inspection")
    shutil.rmtree(tree / "build")


# In a separate process: setuptools and mypyc use the working directory and print much.
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
