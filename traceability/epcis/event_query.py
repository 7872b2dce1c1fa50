"""The query language of EPCIS 2.0 (section 8.2.7): parameters as conditions on one event.

`EpcisQuery.read` takes the parameters of an address or of a named query; `matches` says whether an
event fulfils all of them. A parameter of the standard that is not offered is refused by its name,
so no question is answered as if it had asked for less.

Identifiers are compared in their canonical form. `WD_` (within) compares as `EQ_`: there is no
master data of places within places. Patterns (`urn:epc:idpat:`) are not offered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from traceability.epcis.event_conditions import (
    BOUNDS,
    CONTROLS,
    Condition,
    EventLead,
    QueriedEvent,
    UnclearQuery,
    Values,
    find_lead,
    read_condition,
    read_time,
)

MAX_VALUES: Final = 30
"""Values of one parameter."""
MAX_COUNT: Final = 1000
"""The largest `maxEventCount`."""

SortField = Literal["at", "recorded_at"]


@dataclass(frozen=True, slots=True)
class EpcisQuery:
    """A question to the record of events."""

    conditions: Sequence[Condition] = ()
    leads: Sequence[EventLead] = ()
    sort: SortField = "at"
    is_descending: bool = True
    bounds: Mapping[str, int] = field(default_factory=dict)
    """`at_since`, `at_until`, `recorded_at_since`, `recorded_at_until` (ms)."""
    limit: int | None = None
    """`eventCountLimit`: so many of the first."""
    most: int | None = None
    """`maxEventCount`: more than so many are refused."""

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> "EpcisQuery":
        """The query of these parameters; a value is a text or number, or a list of them.

        Raises `UnclearQuery`.
        """
        told = {name: _list_values(name, value) for name, value in parameters.items()}
        conditions, leads = [], []
        for name, values in told.items():
            if name in CONTROLS:
                continue
            conditions.append(read_condition(name, values))
            if lead := find_lead(name, values):
                leads.append(lead)
        bounds = {
            key: read_time(name, told[name][0]) for name, key in BOUNDS.items() if name in told
        }
        sort, is_descending = _read_order(told)
        limit, most = (_read_count(name, told) for name in ("eventCountLimit", "maxEventCount"))
        if limit is not None and most is not None:
            raise UnclearQuery(parameter="maxEventCount", why="not together with eventCountLimit")
        if limit is not None and "orderBy" not in told:
            raise UnclearQuery(parameter="eventCountLimit", why="needs orderBy")
        if most is not None and most > MAX_COUNT:
            raise UnclearQuery(parameter="maxEventCount", why=f"is at most {MAX_COUNT}")
        return cls(conditions, leads, sort, is_descending, bounds, limit, most)

    def matches(self, event: QueriedEvent) -> bool:
        """Whether an event fulfils every condition."""
        return all(condition(event) for condition in self.conditions)


def _list_values(name: str, value: Any) -> Values:
    values = value if isinstance(value, list | tuple) else [value]
    texts = [_to_text(name, one) for one in values]
    if not texts:
        raise UnclearQuery(parameter=name, why="has no value")
    if len(texts) > MAX_VALUES:
        raise UnclearQuery(parameter=name, why=f"has more than {MAX_VALUES} values")
    return texts


def _to_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str) and len(str(value)) <= 500 and str(value).strip():
        return str(value).strip()
    raise UnclearQuery(parameter=name, why="has a value that is no text and no number")


def _read_order(told: Mapping[str, Values]) -> tuple[SortField, bool]:
    fields: Mapping[str, SortField] = {"eventTime": "at", "recordTime": "recorded_at"}
    order = told.get("orderBy", [""])[0]
    if order and order not in fields:
        raise UnclearQuery(parameter="orderBy", why="is eventTime or recordTime here")
    direction = told.get("orderDirection", ["DESC"])[0]
    if direction not in ("ASC", "DESC"):
        raise UnclearQuery(parameter="orderDirection", why="is ASC or DESC")
    asks_for_new = "GE_recordTime" in told or "LT_recordTime" in told
    sort = fields.get(order, "recorded_at" if asks_for_new else "at")
    return sort, direction == "DESC"


def _read_count(name: str, told: Mapping[str, Values]) -> int | None:
    if name not in told:
        return None
    text = told[name][0]
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise UnclearQuery(parameter=name, why="is a whole number from 1")
    return int(text)
