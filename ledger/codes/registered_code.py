"""A registered code: a growing area or packing house as its authority registered it.

Days are ISO dates of Vietnam, both ends included. Whether stamps may be bound under a code follows
from its status and its days (`check_usable`); expiry is never stored.

The name of a household is personal data. The public sees it only if the household agreed, and never
as a part of the area's name; `public_name` and `public_household` are what the public may see.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping

from ledger.chains.hash_chain import to_canonical_json
from ledger.codes.code_errors import CodeOutOfDate, CodeRevoked, CodeSuspended
from ledger.search_words import list_search_words
from stamps.vietnam_time import to_iso_day
from web.plain_letters import split_words

CodeStatus = Literal["active", "suspended", "revoked"]
CODE_STATUSES: Final[tuple[CodeStatus, ...]] = get_args(CodeStatus)
CodeCondition = Literal["active", "suspended", "revoked", "expired", "pending"]
CODE_CONDITIONS: Final[tuple[CodeCondition, ...]] = get_args(CodeCondition)
"""The status, or what the days say of an active code: no longer or not yet valid."""

DESCRIPTION: Final = (
    "kind",
    "name",
    "organisation",
    "household",
    "household_agreed",
    "products",
    "hectares",
    "yield_t_per_ha",
    "province",
    "ward",
    "lat",
    "lon",
    "markets",
    "valid_from",
    "valid_until",
)
"""The fields that describe the place and the code; files and forms give them."""
CONTENT: Final = (*DESCRIPTION, "status", "status_reason")
"""The fields that people give; the others follow."""
_LISTS: Final = ("products", "markets")
_HIDDEN: Final = "…"
"""Text that stands in the history for a household's name, which must stay erasable."""
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class RegisteredCode:
    """One registered code with what is known of its place."""

    code: str
    kind: str
    """`growing_area`, `farming_area` or `packing_house`."""
    name: str
    organisation: str | None = None
    household: str | None = None
    """The name of the household that the area belongs to; personal data."""
    household_agreed: bool = False
    """Whether the household agreed that the public sees its name."""
    products: tuple[str, ...] = ()
    hectares: float | None = None
    yield_t_per_ha: float | None = None
    """Expected yield of a season, in tonnes a hectare; None: the product's."""
    province: str | None = None
    ward: str | None = None
    lat: float | None = None
    lon: float | None = None
    markets: tuple[str, ...] = ()
    """Countries that the code is registered for (ISO 3166-1 alpha-2); none: not said."""
    valid_from: str | None = None
    valid_until: str | None = None
    status: CodeStatus = "active"
    status_reason: str | None = None
    status_at: int = 0
    status_by: str = ""
    version: int = 0
    """Number of its changes, counted from 1 by the ledger."""
    changed_at: int = 0
    changed_by: str = ""

    def get_condition(self, now: int) -> CodeCondition:
        """The status at a time, with its days taken into account.

        >>> RegisteredCode("VN-ĐLOR-0123", "growing_area", "A", valid_until="2026-09-20") \\
        ...     .get_condition(1_790_000_000_000)
        'expired'
        """
        today = to_iso_day(now)
        if self.status != "active":
            return self.status
        if self.valid_until is not None and self.valid_until < today:
            return "expired"
        if self.valid_from is not None and self.valid_from > today:
            return "pending"
        return "active"

    def check_usable(self, now: int) -> None:
        """Raise `CodeRevoked`, `CodeSuspended` or `CodeOutOfDate` if no stamp is bound under it."""
        condition = self.get_condition(now)
        if condition == "revoked":
            raise CodeRevoked(place=self.code, reason=self.status_reason)
        if condition == "suspended":
            raise CodeSuspended(place=self.code, reason=self.status_reason)
        if condition != "active":
            raise CodeOutOfDate(
                place=self.code,
                first=self.valid_from or "…",
                last=self.valid_until or "…",
                today=to_iso_day(now),
            )

    @property
    def content(self) -> dict[str, Any]:
        """The fields that people give, as JSON values."""
        return {name: _to_json(getattr(self, name)) for name in CONTENT}

    @property
    def words(self) -> list[str]:
        """The words that it is searched by, each once; the code is also one word."""
        compact = "".join(split_words(self.code))
        return list_search_words(compact, self.code, self.name, self.organisation)

    def hide_household(self) -> "RegisteredCode":
        """The code as whoever may not know the household sees it."""
        return self if self.household_agreed else replace(self, household=None)


@dataclass(frozen=True, slots=True)
class PublicSite:
    """Public view of a growing area or packing house."""

    code: str
    kind: str
    name: str | None
    """None: its name would tell the household's."""
    province: str | None
    is_household: bool
    """Whether it belongs to a household, named or not."""
    household: str | None
    """The household's name, if it agreed."""


def compare_content(before: RegisteredCode | None, after: RegisteredCode) -> dict[str, list[Any]]:
    """The fields that differ, each with what it was and is; of a household only that it differs."""
    old: Mapping[str, Any] = {} if before is None else before.content
    return {
        name: [old.get(name), value]
        for name, value in after.content.items()
        if old.get(name) != value and not (before is None and value in (None, [], False))
    }


def hide_personal_data(changed: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the changed fields as the audit log keeps them: without a household's name."""
    return {
        name: [value and _HIDDEN for value in pair] if name == "household" else pair
        for name, pair in changed.items()
    }


def from_content(code: str, content: Mapping[str, Any]) -> RegisteredCode:
    """The code with this content, as `RegisteredCode.content` gives it."""
    values: dict[str, Any] = {name: content[name] for name in CONTENT}
    for name in _LISTS:
        values[name] = tuple(values[name])
    return RegisteredCode(code, **values)


def to_row(code: RegisteredCode, search_key: str) -> dict[str, Any]:
    """The row of a code, with what follows from its content."""
    public = code.household if code.household_agreed else None
    hides_name = code.household is not None and not code.household_agreed
    return {
        **{name: getattr(code, name) for name in RegisteredCode.__dataclass_fields__},
        "products": to_canonical_json(list(code.products)),
        "markets": to_canonical_json(list(code.markets)),
        "search_key": search_key,
        "is_household": code.household is not None,
        "public_household": public,
        "public_name": None
        if hides_name and _names(code.name, code.household or "")
        else code.name,
    }


def from_row(row: RowMapping | Mapping[str, Any]) -> RegisteredCode:
    """The code of a row."""
    values = {name: row[name] for name in RegisteredCode.__dataclass_fields__}
    for name in _LISTS:
        values[name] = tuple(json.loads(values[name]))
    return RegisteredCode(**values)


def _names(text: str, household: str) -> bool:
    """Whether a text has all words of a household's name in a row."""
    words, wanted = split_words(text), split_words(household)
    size = len(wanted)
    return any(words[at : at + size] == wanted for at in range(len(words) - size + 1))


def _to_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
