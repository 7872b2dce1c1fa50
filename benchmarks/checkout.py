"""Measured checkouts of Veritem: this one, and the baseline of `--against`.

Each runs the commands of its own `benchmarks.subject` in its own processes, so that one interleaved
run measures two versions with different internals.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from benchmarks.cpu_quota import limit_cpu
from benchmarks.errors import BenchmarkError
from benchmarks.load.cpu_time import list_process_tree
from benchmarks.programs import start_program, stop_program

ROOT: Final = Path(__file__).resolve().parents[1]
_SUBJECT: Final = Path("benchmarks/subject.py")
_FIRST_LAYOUT: Final = Path(__file__).parent / "peers/first_layout.py"


@dataclass(frozen=True)
class Checkout:
    """A working tree of Veritem with its virtual environment."""

    root: Path = ROOT

    def __post_init__(self) -> None:
        if not (self.root / "stamps").is_dir():
            raise BenchmarkError(f"{self.root} is not a checkout of Veritem")

    @cached_property
    def compiled_tree(self) -> Path:
        """The tree with compiled modules. This checkout's is made again when sources changed.

        Each object builds the tree once, because a second build would replace the files of running
        servers.
        """
        if self.root == ROOT:
            subprocess.run([self._python, ROOT / "ops/compile.py"], check=True)
        tree = self.root / "build/compiled"
        if not tree.is_dir():
            raise BenchmarkError(f"{self.root} has no compiled tree: run `make compiled` there")
        return tree

    def run_command(self, name: str, argument: Mapping[str, Any], *, compiled: bool = True) -> Any:
        """Run a command of `benchmarks.subject` to its end and return the JSON that it prints."""
        tree = self._tree(compiled)
        done = subprocess.run(
            self._command(tree, name, argument),
            stdout=subprocess.PIPE,
            cwd=tree,
            env=_environment(tree),
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"benchmarks.subject {name} failed in {tree}")
        return json.loads(done.stdout)

    @contextmanager
    def run_service(
        self,
        argument: Mapping[str, Any],
        *,
        core: int | None,
        compiled: bool = True,
        share: float | None = None,
    ) -> Iterator[str]:
        """Run the public service of this checkout and yield its address.

        `share` limits each of its processes to a part of one core.
        """
        tree = self._tree(compiled)
        program = start_program(
            self._command(tree, "serve", argument), core, tree, _environment(tree)
        )
        try:
            url = read_address(program, "the service")
            processes = list_process_tree(program.pid)
            with nullcontext() if share is None else limit_cpu(processes, share):
                yield url
        finally:
            stop_program(program)

    @contextmanager
    def run_rate_worker(self) -> Iterator["RateWorker"]:
        """Run the process that measures work without servers (`issue.*`, `print.*`)."""
        tree = self.root
        program = start_program(self._command(tree, "rates", {}), None, tree, _environment(tree))
        try:
            yield RateWorker(program)
        finally:
            stop_program(program)

    def replay(self, scans: Path, scan_rate: float | None) -> Iterator[bytes]:
        """Judge a recording by this checkout's `veritem replay`; yield its lines.

        The compiled tree is used where there is one.
        """
        compiled = self.root / "build/compiled"
        tree = compiled if compiled.is_dir() else self.root
        program = "from cli.main import main; main()"
        rate = [] if scan_rate is None else ["--scan-rate", str(scan_rate)]
        with subprocess.Popen(
            [self._python, "-P", "-c", program, "replay", str(scans), *rate],
            stdout=subprocess.PIPE,
            cwd=tree,
            env=_environment(tree),
        ) as judging:
            yield from judging.stdout or ()
        if judging.returncode:
            raise BenchmarkError(f"veritem replay failed in {tree}")

    @property
    def _python(self) -> str:
        own = self.root / ".venv/bin/python"
        return str(own) if own.exists() and self.root != ROOT else sys.executable

    def _tree(self, compiled: bool) -> Path:
        return self.compiled_tree if compiled else self.root

    def _command(self, tree: Path, name: str, argument: Mapping[str, Any]) -> list[str]:
        known = (tree / _SUBJECT).exists()
        subject = ["-m", "benchmarks.subject"] if known else [str(_FIRST_LAYOUT)]
        return [self._python, "-P", *subject, name, json.dumps(argument)]


class RateWorker:
    """A process of a checkout that does named work and returns the rate."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def measure(self, name: str, count: int) -> float:
        """Do `count` units of the work and return units per second of processor time."""
        stdin, stdout = self._program.stdin, self._program.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018, S101 - both are pipes
        stdin.write(f"{name} {count}\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise BenchmarkError(f"the process that measures {name} ended")
        return float(line)


def read_address(program: subprocess.Popen[str], name: str) -> str:
    """Read the address that a server prints as its first line."""
    assert program.stdout is not None  # noqa: S101 - it is a pipe
    line = program.stdout.readline().strip()
    if not line.startswith("http"):
        raise BenchmarkError(f"{name} did not start")
    return line


def _environment(tree: Path) -> dict[str, str]:
    """Return an environment with `tree` first on the import path."""
    return {**os.environ, "PYTHONPATH": str(tree)}
