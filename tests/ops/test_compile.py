"""What compiled modules must not contain, because mypyc compiles it to something else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.compile import COMPILED

ROOT = Path(__file__).parents[2]
SOURCES = [
    f"{package}/{name.replace('.', '/')}.py" for package in COMPILED for name in COMPILED[package]
]


def list_exits(handler: ast.ExceptHandler) -> Iterator[int]:
    """Lines on which a block that handles an exception is left, or waits."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Await | ast.Yield):
            yield node.lineno


@pytest.mark.parametrize("source", SOURCES)
def test_no_compiled_coroutine_leaves_a_block_that_handles_an_exception(source: str) -> None:
    """The exception would stay the handled one of the whole process.

    Each later error is then chained to all before, and every request costs more: two seconds of
    unknown codes beyond their limit doubled the cost of an honest page (measured).
    """
    coroutines = [
        node
        for node in ast.walk(ast.parse((ROOT / source).read_text(encoding="utf-8")))
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    handlers = [h for c in coroutines for h in ast.walk(c) if isinstance(h, ast.ExceptHandler)]
    assert [line for handler in handlers for line in list_exits(handler)] == []
