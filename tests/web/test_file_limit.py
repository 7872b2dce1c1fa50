"""The limit on open files, in processes of their own."""

import json
import subprocess
import sys

import pytest

PROCESS = """
import json, resource, sys
soft, hard, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
real = resource.setrlimit
def unprivileged(what, limits):
    if limits[1] > hard:
        raise ValueError("not allowed to raise maximum limit")
    real(what, limits)
resource.setrlimit = unprivileged
from web.file_limit import fit_connections, raise_file_limit
limit = raise_file_limit(connections)
soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
print(json.dumps([limit, soft, fit_connections(connections)]))
"""


def run(soft: int, hard: int, connections: int) -> tuple[list[int], str]:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(soft), str(hard), str(connections)],
        capture_output=True,
        text=True,
        check=True,
    )
    *said, figures = done.stdout.strip().splitlines()
    return json.loads(figures), "\n".join(said) + done.stderr


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "limit", "fitting"),
    [
        (256, 4096, 1000, 1128, 1000),
        (4096, 4096, 1000, 4096, 1000),
        (256, 1024, 10_000, 1024, 896),
        (100, 100, 10_000, 100, 50),
    ],
)
def test_the_limit_is_raised_as_far_as_it_may_be_and_a_low_one_is_said(
    soft: int, hard: int, connections: int, limit: int, fitting: int
) -> None:
    figures, said = run(soft, hard, connections)
    assert figures == [limit, limit, fitting]
    assert ("limit on open files" in said) == (fitting < connections)
