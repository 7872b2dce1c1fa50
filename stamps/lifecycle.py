"""The law of a stamp's life: one table, every State × Transition cell decided.

A stamp is *issued* when its batch is made, *printed* when the print house says so, *activated*
when a packer puts it on produce and binds it to a lot, and *claimed* when somebody used the PIN
under its scratch layer, once. Before activation it can be *void* (spoiled, lost, stolen …);
after it, an inspector can *suspend* it, with a reason, and *release* it to the state that it had
before, and a recall by lot, batch or span is final.

Two things that are not in the table, on purpose:

- **Expired** is no state. It follows from the shelf life of the lot and the time of asking, so
  it is derived where it is asked for and never stored.
- **Nothing but activation binds a lot.** `BINDS_LOT` names the transitions that must be given one.

A refused transition raises and leaves everything as it was; the same law serves one stamp here and a
span of millions in `stamps.spans`.

>>> next_state(State.PRINTED, Transition.ACTIVATE)
(<State.ACTIVATED: 'activated'>, None)
>>> next_state(State.CLAIMED, Transition.SUSPEND)
(<State.SUSPENDED: 'suspended'>, <State.CLAIMED: 'claimed'>)
>>> next_state(State.SUSPENDED, Transition.RELEASE, State.CLAIMED)
(<State.CLAIMED: 'claimed'>, None)
>>> next_state(State.RECALLED, Transition.RELEASE)
Traceback (most recent call last):
...
stamps.lifecycle.IllegalTransition: a stamp that is recalled can not be released
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final

from stamps.errors import VeritemError


class State(StrEnum):
    """Where a stamp stands in its life. `expired` is derived from the lot, never stored."""

    ISSUED = "issued"
    PRINTED = "printed"
    ACTIVATED = "activated"
    CLAIMED = "claimed"
    VOID = "void"
    SUSPENDED = "suspended"
    RECALLED = "recalled"


class Transition(StrEnum):
    """One step in a stamp's life."""

    PRINT = "print"
    ACTIVATE = "activate"
    CLAIM = "claim"
    VOID = "void"
    SUSPEND = "suspend"
    RELEASE = "release"
    RECALL = "recall"


class Return(Enum):
    """What `release` leads to: the state from before the suspension."""

    BEFORE = "before"


class IllegalTransition(VeritemError):
    """The law has no such step: `state` is where the stamp stands, `transition` what was asked."""

    code = "illegal-transition"
    message = "a stamp that is {state} can not be {past}"

    def __init__(self, *, state: State, transition: Transition) -> None:
        super().__init__(state=state, transition=transition, past=_PAST[transition])


class IllegalReason(VeritemError):
    """The transition wants one of its own reasons, or takes none; `allowed` lists them."""

    code = "illegal-reason"
    message = "{transition} can not have the reason {reason}; allowed: {allowed}"


_PAST: Final = {
    Transition.PRINT: "printed",
    Transition.ACTIVATE: "activated",
    Transition.CLAIM: "claimed",
    Transition.VOID: "made void",
    Transition.SUSPEND: "suspended",
    Transition.RELEASE: "released",
    Transition.RECALL: "recalled",
}

Cell = State | Return | None

_NO: Final = None
_BACK: Final = Return.BEFORE
_ISSUED, _PRINTED, _ACTIVATED, _CLAIMED, _VOID, _SUSPENDED, _RECALLED = State

# The law itself. Columns stand in the order of `Transition`; `_NO` refuses, `_BACK` is the state from
# before the suspension.
# fmt: off
_ROWS: Final[dict[State, tuple[Cell, ...]]] = {
    #            print     activate    claim     void   suspend     release  recall
    _ISSUED:    (_PRINTED, _NO,        _NO,      _VOID, _NO,        _NO,     _NO),
    _PRINTED:   (_NO,      _ACTIVATED, _NO,      _VOID, _NO,        _NO,     _NO),
    _ACTIVATED: (_NO,      _NO,        _CLAIMED, _NO,   _SUSPENDED, _NO,     _RECALLED),
    _CLAIMED:   (_NO,      _NO,        _NO,      _NO,   _SUSPENDED, _NO,     _RECALLED),
    _VOID:      (_NO,      _NO,        _NO,      _NO,   _NO,        _NO,     _NO),
    _SUSPENDED: (_NO,      _NO,        _NO,      _NO,   _NO,        _BACK,   _RECALLED),
    _RECALLED:  (_NO,      _NO,        _NO,      _NO,   _NO,        _NO,     _NO),
}
# fmt: on

TABLE: Final[Mapping[tuple[State, Transition], Cell]] = {
    (state, transition): cell
    for state, cells in _ROWS.items()
    for transition, cell in zip(Transition, cells, strict=True)
}
"""Every cell: the state that follows, `Return.BEFORE`, or None where the law refuses."""

REASONS: Final[Mapping[Transition, tuple[str, ...]]] = {
    Transition.PRINT: (),
    Transition.ACTIVATE: (),
    Transition.CLAIM: (),
    Transition.VOID: (
        "spoiled",
        "misprint",
        "overprint",
        "damaged",
        "lost",
        "stolen",
        "not-sold",
        "cancelled",
    ),
    Transition.SUSPEND: ("counterfeit", "stolen", "lost", "low-quality", "wrong-lot", "inspection"),
    Transition.RELEASE: ("cleared", "mistake"),
    Transition.RECALL: (
        "food-safety",
        "low-quality",
        "counterfeit",
        "stolen",
        "wrong-lot",
        "ordered",
    ),
}
"""The reasons a transition can have: exactly one of them must be given, or none where none is listed."""

BINDS_LOT: Final = frozenset({Transition.ACTIVATE})
"""The transitions that bind stamps to a lot, and so must be given one."""


def next_state(
    state: State, transition: Transition, before: State | None = None
) -> tuple[State, State | None]:
    """Take one step: `(state, before)` after `transition`.

    `before` is the state from before a suspension; it is given and answered only while the
    stamp is suspended, and is None otherwise. Raises `IllegalTransition` where the table refuses.
    """
    if (state is State.SUSPENDED) != (before is not None):
        raise ValueError("`before` belongs to a suspended stamp, and to no other")
    following = TABLE[state, transition]
    if following is None:
        raise IllegalTransition(state=state, transition=transition)
    if following is Return.BEFORE:
        assert before is not None  # noqa: S101 - only suspended rows lead back; told to mypy
        return before, None
    return following, state if following is State.SUSPENDED else None


def source_states(transition: Transition) -> frozenset[State]:
    """The states from which the law allows `transition`."""
    return frozenset(state for state in State if TABLE[state, transition] is not None)


def check_reason(transition: Transition, reason: str | None) -> None:
    """Raise `IllegalReason` unless `reason` is one that `transition` can have (None where it has none).

    >>> check_reason(Transition.VOID, "stolen")
    >>> check_reason(Transition.VOID, None)
    Traceback (most recent call last):
    ...
    stamps.lifecycle.IllegalReason: void can not have the reason None; allowed: spoiled, misprint, \
overprint, damaged, lost, stolen, not-sold, cancelled
    """
    reasons = REASONS[transition]
    if (reason in reasons) if reasons else (reason is None):
        return
    raise IllegalReason(transition=transition, reason=reason, allowed=", ".join(reasons) or "none")


def draw_table() -> str:
    """The table and its picture as Markdown with a Mermaid diagram; docs/lifecycle.md shows it."""
    head = ["state", *Transition]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for state in State:
        cells = [_cell(TABLE[state, transition]) for transition in Transition]
        lines.append("| **" + state + "** | " + " | ".join(cells) + " |")
    lines += ["", "```mermaid", "stateDiagram-v2", "    [*] --> issued"]
    for (state, transition), following in TABLE.items():
        if following is Return.BEFORE:
            lines += [f"    {state} --> {to}: {transition}" for to in _suspendable()]
        elif following is not None:
            lines.append(f"    {state} --> {following}: {transition}")
    finals = [s for s in State if all(TABLE[s, transition] is None for transition in Transition)]
    lines += [f"    {state} --> [*]" for state in finals]
    lines += [
        "```",
        "",
        "| transition | reasons (one must be given) | binds a lot |",
        "|---|---|---|",
    ]
    for transition in Transition:
        reasons = " · ".join(REASONS[transition]) or "none"
        lines.append(
            f"| **{transition}** | {reasons} | {'yes' if transition in BINDS_LOT else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def _cell(following: Cell) -> str:
    if following is None:
        return "–"
    return "*before*" if following is Return.BEFORE else str(following)


def _suspendable() -> list[State]:
    return [s for s in State if TABLE[s, Transition.SUSPEND] is State.SUSPENDED]
