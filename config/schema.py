"""Schema of the settings: names, variables, defaults and descriptions, read from the models."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

PREFIX: Final = "VERITEM_"


@dataclass(frozen=True)
class Setting:
    """One field that an operator can set."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def name(self) -> str:
        """The name in TOML: `resolver.port`."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The name of the environment variable: `VERITEM_RESOLVER_PORT`."""
        return PREFIX + "_".join(self.path).upper()

    @property
    def is_secret(self) -> bool:
        """Whether the value may come from the environment only."""
        return self.field.annotation is SecretStr

    @property
    def description(self) -> str:
        """Description of the setting, on one line."""
        return " ".join((self.field.description or "").split())


def list_settings(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Yield every setting of a model in the order of its fields, sections expanded.

    A field with `filled_from` in its extra schema is filled by the program and is left out.
    """
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and "filled_from" in extra:
            continue
        here = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from list_settings(field.annotation, here)
        else:
            yield Setting(here, field)


def render_reference(model: type[BaseModel]) -> str:
    """The settings as a Markdown table, as docs/settings.md shows it."""
    lines = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    for setting in list_settings(model):
        default = "environment only" if setting.is_secret else f"`{_toml(setting.field.default)}`"
        meaning = setting.description + _describe_bounds(setting.field)
        meaning = meaning.replace("|", "\\|")
        lines.append(f"| `{setting.name}` | `{setting.variable}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def _describe_bounds(field: FieldInfo) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = [
        f"{word} {value:,}" if isinstance(value, int) else f"{word} {value}"
        for constraint in field.metadata
        for name, word in words.items()
        if (value := getattr(constraint, name, None)) is not None
    ]
    choices = get_args(field.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        bounds.append("one of " + ", ".join(f"`{choice}`" for choice in choices))
    return f" ({', '.join(bounds)})" if bounds else ""


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value.as_posix() if isinstance(value, Path) else value}"'
