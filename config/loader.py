"""Load settings from a TOML file and the environment; the environment takes precedence.

Everything wrong is refused before a service starts, in one line that names the file or the
variable, the setting, and what was probably meant. Secrets come from the environment only, or from
a file that the environment names (`VERITEM_…_FILE`, as container orchestrators mount them).
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.errors import SettingsError
from config.schema import PREFIX, Setting, list_settings
from web.text_files import UnreadableText, decode_text
from web.validation import describe_error

S = TypeVar("S", bound="LayeredSettings")

FILE_SUFFIX: Final = "_FILE"
OTHER_VARIABLES: Final = frozenset(
    {
        "VERITEM_CONFIG",
        "VERITEM_AS",
        "VERITEM_PASSWORD",
        "VERITEM_ONE_TIME_CODE",
        "VERITEM_STAFF_PASSWORD",
        *(
            f"VERITEM_FOUNDER_{number}{what}"
            for number in (1, 2)
            for what in ("", "_PASSWORD", "_PASSWORD_FILE", "_ONE_TIME_CODE")
        ),
    }
)
"""Variables with our prefix that are not settings."""
ENVIRONMENT: Final = "environment"

_REASONS: Final = {"missing": "is required"}


class EnvironmentSource(EnvSettingsSource):
    """Settings from `VERITEM_SECTION_FIELD` variables; lists are separated by commas.

    `VERITEM_SECTION_FIELD_FILE` names a file with a secret; without `_FILE` takes precedence.
    """

    def __call__(self) -> dict[str, Any]:
        """The values by section and field."""
        values = super().__call__()
        for setting in list_settings(self.settings_cls):
            if setting.is_secret:
                section, name = values.get(setting.path[0], {}), setting.path[-1]
                named = section.pop(name + FILE_SUFFIX.lower(), None)
                if named is not None and name not in section:
                    section[name] = _read_secret_file(setting.variable + FILE_SUFFIX, Path(named))
        return values

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """The items of a list."""
        return [item.strip() for item in value.split(",") if item.strip()]


class LayeredSettings(BaseSettings):
    """Base of settings in sections that come from keyword arguments and the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="forbid",
        frozen=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first: environment, then arguments (the file)."""
        return EnvironmentSource(settings_cls), init_settings


def load_settings(model: type[S], file: Path | None) -> S:
    """Load settings from a TOML file (None: no file) and the environment.

    Raises:
        SettingsError: an unreadable file, an unknown name, a value that the model refuses, or a
            secret in the file.
    """
    settings = {setting.path: setting for setting in list_settings(model)}
    values = _read_toml(file, settings) if file else {}
    _check_variables(os.environ, settings)
    try:
        return model(**values)
    except ValidationError as error:
        raise _explain(error, settings, file) from None


def _read_toml(path: Path, settings: Mapping[tuple[str, ...], Setting]) -> dict[str, Any]:
    try:
        document = tomllib.loads(decode_text(path.read_bytes()))
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise SettingsError(source=str(path), field="file", why=f"cannot be read: {why}") from error
    except (tomllib.TOMLDecodeError, UnreadableText) as error:
        raise SettingsError(source=str(path), field="file", why=f"is not TOML: {error}") from error
    _check_names(path, document, (), settings)
    return document


def _check_names(
    path: Path,
    table: Mapping[str, Any],
    above: tuple[str, ...],
    settings: Mapping[tuple[str, ...], Setting],
) -> None:
    """Refuse unknown names, secrets, and `true` where a number belongs."""
    for key, value in table.items():
        here = (*above, key)
        name, setting = ".".join(here), settings.get(here)
        is_section = any(known[: len(here)] == here for known in settings)
        if setting is not None:
            if setting.is_secret:
                why = f"is a secret: set it in the environment, {setting.variable}"
                raise SettingsError(source=str(path), field=name, why=why)
            if isinstance(value, bool) and setting.field.annotation is not bool:
                why = f"must not be {str(value).lower()}"
                raise SettingsError(source=str(path), field=name, why=why)
        elif is_section and isinstance(value, dict):
            _check_names(path, value, here, settings)
        elif is_section:
            raise SettingsError(source=str(path), field=name, why="must be a table of settings")
        else:
            sections = {".".join(known[:-1]) for known in settings if len(known) > 1}
            known_names = [s.name for s in settings.values()]
            candidates = sections if isinstance(value, dict) else known_names
            why = "is not a setting" + _suggest(name, candidates)
            raise SettingsError(source=str(path), field=name, why=why)


def _check_variables(
    environment: Mapping[str, str], settings: Mapping[tuple[str, ...], Setting]
) -> None:
    """Refuse variables with our prefix that name no setting."""
    known = {setting.variable for setting in settings.values()}
    known |= {s.variable + FILE_SUFFIX for s in settings.values() if s.is_secret}
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in known | OTHER_VARIABLES:
            why = "is not a setting" + _suggest(variable, known)
            raise SettingsError(source=ENVIRONMENT, field=variable, why=why)


def _read_secret_file(variable: str, path: Path) -> str:
    try:
        return decode_text(path.read_bytes()).rstrip("\r\n")
    except (OSError, UnreadableText) as error:
        why = f"names {path}, which cannot be read"
        raise SettingsError(source=ENVIRONMENT, field=variable, why=why) from error


def _explain(
    error: ValidationError, settings: Mapping[tuple[str, ...], Setting], file: Path | None
) -> SettingsError:
    """The refusal of a validation error: its setting, where it came from, and why."""
    flaw, first = describe_error(error, _REASONS), error.errors(include_url=False)[0]
    path, why = tuple(str(part) for part in flaw.path), flaw.reason
    name, colon, rest = why.partition(": ")
    if colon and (*path, name) in settings:  # a check of several fields of a section names one
        path, why = (*path, name), rest
    setting = next((settings[path[:n]] for n in (1, 2) if path[:n] in settings), None)
    shows_value = isinstance(first["input"], str | int | float) and first["type"] != "value_error"
    if shows_value and not (setting and setting.is_secret):
        why += f", not {first['input']!r}"
    if setting is not None and setting.variable in os.environ:
        return SettingsError(source=ENVIRONMENT, field=setting.variable, why=why)
    field = setting.name if setting else ".".join(path) or "settings"
    return SettingsError(source=str(file) if file else ENVIRONMENT, field=field, why=why)


def _suggest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
