"""Fill a settings class from TOML and environment; the environment wins.

Everything wrong is refused before anything starts, with the field's name. Secrets come from the
environment only (or from a file that the environment names, `VERITEM_…_FILE`, as orchestrators
mount them): a settings file is not a place for them.
"""

import difflib
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from config.reference import Setting, settings_of

T = TypeVar("T")

PREFIX: Final = "VERITEM_"
FILE_SUFFIX: Final = "_FILE"
NOT_SETTINGS: Final = frozenset({"VERITEM_CONFIG", "VERITEM_STAFF_PASSWORD"})
"""Variables with our prefix that are not settings: which file to read, what a command asks."""


class SettingsError(Exception):
    """A setting can not be taken. `field` names it (`resolver.port`), `why` says what is wrong."""

    def __init__(self, field: str, why: str) -> None:
        self.field, self.why = field, why
        super().__init__(f"{field}: {why}")


def load(cls: type[T], toml: Path | None, environment: Mapping[str, str]) -> T:
    """Read `cls` from a TOML file (None: defaults only) and the environment.

    Raises:
        SettingsError: an unreadable file, an unknown name, a wrong type, a value that the class
            refuses (ValueError in its `__post_init__`), or a secret written in the file.
    """
    settings = {setting.path: setting for setting in settings_of(cls)}
    values = _from_toml(toml, settings) if toml else {}
    values |= _from_environment(environment, settings)
    return _build(cls, values, ())


def _from_toml(
    path: Path, settings: Mapping[tuple[str, ...], Setting]
) -> dict[tuple[str, ...], Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(str(path), error.strerror or "can not be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"is not TOML: {error}") from error
    values: dict[tuple[str, ...], Any] = {}

    def walk(table: Mapping[str, Any], at: tuple[str, ...]) -> None:
        for key, value in table.items():
            here = (*at, key)
            name = ".".join(here)
            if setting := settings.get(here):
                if setting.secret:
                    why = f"is a secret: give it by the environment, {setting.variable}"
                    raise SettingsError(name, why)
                values[here] = _fit(name, setting.kind, value)
            elif isinstance(value, dict) and any(path[: len(here)] == here for path in settings):
                walk(value, here)
            else:
                known = [s.name for s in settings.values()]
                raise SettingsError(name, "no such setting" + _meant(name, known))

    walk(document, ())
    return values


def _from_environment(
    environment: Mapping[str, str], settings: Mapping[tuple[str, ...], Setting]
) -> dict[tuple[str, ...], Any]:
    by_variable = {setting.variable: setting for setting in settings.values()}
    values: dict[tuple[str, ...], Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        setting = by_variable.get(variable)
        if setting is None and variable.endswith(FILE_SUFFIX):
            setting = by_variable.get(variable.removesuffix(FILE_SUFFIX))
            if setting is not None and setting.secret:
                values[setting.path] = _secret_file(variable, Path(text))
                continue
            setting = None
        if setting is None:
            raise SettingsError(variable, "no such setting" + _meant(variable, list(by_variable)))
        values[setting.path] = _parse(variable, setting.kind, text)
    return values


def _secret_file(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(variable, f"{path} can not be read") from error


def _build(cls: type[T], values: Mapping[tuple[str, ...], Any], at: tuple[str, ...]) -> T:
    hints = get_type_hints(cls)
    given: dict[str, Any] = {}
    for field in fields(cls):  # type: ignore[arg-type]  # T is a dataclass: settings_of saw to it
        kind, here = hints[field.name], (*at, field.name)
        if field.metadata.get("given"):
            continue
        if is_dataclass(kind) and isinstance(kind, type):
            given[field.name] = _build(kind, values, here)
        elif here in values:
            given[field.name] = values[here]
        elif field.default is MISSING and field.default_factory is MISSING:
            raise SettingsError(".".join(here), "must be given")
    try:
        return cls(**given)
    except ValueError as error:
        name, _, why = str(error).partition(": ")
        if why and name in given:
            raise SettingsError(".".join((*at, name)), why) from error
        raise SettingsError(".".join(at) or "settings", str(error)) from error


def _parse(name: str, kind: Any, text: str) -> Any:
    """Read an environment variable's text as `kind`; lists are written with commas."""
    if kind is bool:
        known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in known:
            raise SettingsError(name, f"must be true or false, not {text!r}")
        return known[text.lower()]
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise SettingsError(name, f"must be {_called(kind)}, not {text!r}") from None
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        if get_origin(inner) is tuple:  # a table of several columns: rows by ";", columns by ":"
            rows = [row.split(":") for row in text.split(";") if row]
            return _fit(name, kind, rows)
        return _fit(
            name, kind, [_parse(name, inner, item.strip()) for item in text.split(",") if item]
        )
    if type(None) in get_args(kind):
        if text == "":
            return None
        return _parse(name, next(a for a in get_args(kind) if a is not type(None)), text)
    return _fit(name, kind, text)


def _fit(name: str, kind: Any, value: Any) -> Any:
    """Check a value against a field's type; lists become tuples, whole numbers fit floats."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value not in arguments:
            raise SettingsError(name, f"must be one of {', '.join(arguments)}, not {value!r}")
        return value
    if origin in (Union, types.UnionType):
        inner = next(a for a in arguments if a is not type(None))
        return None if value is None else _fit(name, inner, value)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise SettingsError(name, f"must be a list, not {value!r}")
        if arguments[-1] is Ellipsis:
            return tuple(_fit(name, arguments[0], item) for item in value)
        if len(value) != len(arguments):
            raise SettingsError(name, f"each must have {len(arguments)} parts, not {len(value)}")
        return tuple(_fit(name, a, item) for a, item in zip(arguments, value, strict=True))
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise SettingsError(name, f"must be {_called(kind)}, not {value!r}")
    return value


def _called(kind: type) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return names.get(kind, kind.__name__)


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
