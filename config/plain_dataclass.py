"""A pydantic model of a plain dataclass, for settings whose class must not import pydantic.

`detection.rules.Rules` is such a class: `detection` is pure. The model has the fields, defaults and
docstrings of the dataclass.
"""

import ast
import inspect
import itertools
import textwrap
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model


def model_from_dataclass(cls: type) -> type[BaseModel]:
    """A pydantic model with the fields that an operator may set.

    Fields without `init`, and those with `given` in their metadata, are left out: the program
    fills them.
    """
    hints, docstrings = get_type_hints(cls), _read_docstrings(cls)
    declared: dict[str, Any] = {}
    for field in fields(cls):
        if not field.init or field.metadata.get("given"):
            continue
        default = ... if field.default is MISSING else field.default
        description = docstrings.get(field.name)
        declared[field.name] = (hints[field.name], Field(default, description=description))
    config = ConfigDict(extra="forbid", frozen=True)
    model: type[BaseModel] = create_model(f"{cls.__name__}Model", __config__=config, **declared)
    return model


def _read_docstrings(cls: type) -> dict[str, str]:
    """The docstring below each field of a class (PEP 258, attribute docstrings)."""
    try:
        source = inspect.getsource(cls)
    except OSError:
        # A compiled class has no source; docs/settings.md is generated with the interpreted one.
        return {}
    tree = ast.parse(textwrap.dedent(source))
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
            found[field.target.id] = below.value.value
    return found
