"""The desk's settings in force, with secrets masked.

>>> mask_address("postgresql://desk:open@db/veritem?password=open")
'postgresql://desk:••••@db/veritem?password=••••'
>>> mask_address("sqlite:///var/veritem.db")
'sqlite:///var/veritem.db'
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from desk.settings import DeskSettings

MASK: Final = "••••"
_USER: Final = re.compile(r"(://[^/?#@:]*:)[^/?#@]*@")
_OPTION: Final = re.compile(r"([?&][^=&]*(?:password|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting in force."""

    name: str
    value: str
    meaning: str
    is_usual: bool
    """Whether it has its default."""


def mask_address(text: str) -> str:
    """An address without the passwords in it."""
    return _OPTION.sub(rf"\1{MASK}", _USER.sub(rf"\1{MASK}@", text))


def list_settings(settings: DeskSettings) -> Sequence[SettingLine]:
    """All settings of the desk, in the order of the model."""
    lines = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            shown = MASK if value.get_secret_value() else ""
        elif isinstance(value, list | tuple | set | frozenset):
            shown = ", ".join(mask_address(str(one)) for one in value)
        else:
            shown = mask_address(str(value))
        is_usual = value == field.get_default(call_default_factory=True)
        lines.append(SettingLine(f"desk.{name}", shown, field.description or "", is_usual))
    return lines
