"""What can be set, read from the classes themselves: name, type, default and description.

A field's description is the string below it, as in::

    port: int = 8080
    '''Port to listen on; 0 takes a free one.'''
"""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints


@dataclass(frozen=True)
class Setting:
    """One field that can be set."""

    path: tuple[str, ...]
    kind: Any
    default: Any
    description: str
    secret: bool

    @property
    def name(self) -> str:
        """The name in TOML: `resolver.port`."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The name in the environment: `VERITEM_RESOLVER_PORT`."""
        return "_".join(("VERITEM", *self.path)).upper()


def settings_of(cls: type, path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Yield every setting of a dataclass, sections opened, in the order written."""
    hints = get_type_hints(cls)
    described = _descriptions(cls)
    for field in fields(cls):
        if field.metadata.get("given"):
            continue  # handed in by the program, not by the operator
        kind, here = hints[field.name], (*path, field.name)
        if is_dataclass(kind) and isinstance(kind, type):
            yield from settings_of(kind, here)
        else:
            yield Setting(
                here,
                kind,
                _default(field),
                described.get(field.name, ""),
                bool(field.metadata.get("secret")),
            )


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


@cache
def _descriptions(cls: type) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found: dict[str, str] = {}
    for field, below in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found[field.target.id] = " ".join(below.value.value.split())
    return found


def draw(cls: type) -> str:
    """The settings as a Markdown table; docs/settings.md shows it."""
    lines = ["| setting | environment | default | what it says |", "|---|---|---|---|"]
    for setting in settings_of(cls):
        default = "by environment only" if setting.secret else f"`{_written(setting.default)}`"
        description = setting.description.replace("|", "\\|")
        lines.append(f"| `{setting.name}` | `{setting.variable}` | {default} | {description} |")
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    """Write a default as TOML does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return f'"{value}"'
