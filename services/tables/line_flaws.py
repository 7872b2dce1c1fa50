"""Flaws of the fields of an imported table: a reason, and the values that fill its text.

The reasons have a text here in English, for the API and the command line, and in each language on
the pages (`code_flaw` in desk/texts.toml).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "form": "{text} has no known form, such as {examples}",
    "repeated": "is also in line {line}",
    "choice": "{text} is none of {known}",
    "unknown": "{text} is not in the registry",
    "several": "several have the name {text}; write the id",
    "readings": "{text} can be read in two ways, {one} or {other}",
    "number": "{text} is no number",
    "day": "{text} is no day, such as 31/12/2027",
    "country": "{text} is no country; write two letters, such as CN",
    "place": "{text} is no province or ward in force",
    "revoked": "the code is revoked; restore it first",
    "kind": "is a {known} in the registry",
    "whole": "{text} is no whole number",
    "least": "must be {least} or more",
    "most": "must be {most} or less",
    "too_long": "is longer than {most} characters",
    "control": "has a control character",
    "direction": "has a character that changes the direction of the text",
    "invisible": "has no character that can be seen",
    "image": "must be a path from / or an https address",
    "gtin": "{text} is no GTIN",
    "lot_code": "{text} is no lot code: 1 to 20 letters without marks, digits and signs",
    "ward": "{ward} lies in {right}, not in {wrong}",
    "coordinates": "has one of latitude and longitude without the other",
    "time": "{text} is no time that exists",
    "before_grown": "is before growing began",
    "before_harvested": "is before the harvest",
    "before_processed": "is before the processing",
    "before_packed": "is before the packing",
    "after_harvest": "is after the harvest",
    "derived": "does not follow from the stages: {follows}",
    "produce": "is no kind of produce; known are {known}",
    "no_field": "is no field of this kind of produce",
    "taken": "a lot has this code",
    "future": "the time of packing has not come",
    "foreign": "{text} is not registered to the lot's organisation",
    "unusable": "{text} is not in force",
    "not_come": "has not come yet",
    "own_place": "{text} is not registered to your organisation",
    "one_of": "one of these is needed: {known}",
    "before": "is before the day that it follows",
    "phone": "is no phone number, such as 0912 345 678",
    "invited": "has an open invitation with the same number already",
    "no_codes": "is given by an authority that edits codes",
    "text": "{why}",
}
_LONGEST: Final = 100
"""Characters of what was typed that are repeated."""


@dataclass(frozen=True, slots=True)
class LineFlaw:
    """One reason; its values are texts."""

    reason: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return REASONS[self.reason].format_map(self.values)


class UnreadableCell(ValueError):
    """A cell that cannot be read; `flaw` says why."""

    def __init__(self, reason: str, **values: object) -> None:
        self.flaw = make_flaw(reason, **values)
        super().__init__(str(self.flaw))


def make_flaw(reason: str, **values: object) -> LineFlaw:
    """A flaw of one of `REASONS`."""
    return LineFlaw(reason, {name: str(value)[:_LONGEST] for name, value in values.items()})
