"""The law of a stamp's life: one table, every State × Move cell decided.

A stamp is *issued* when its batch is made, *printed* when the print house says so, *activated*
when a packer puts it on produce and binds it to a lot, and *claimed* when somebody used the PIN
under its scratch layer, once. Before activation it can be *void* (spoiled, lost, stolen …);
after it, an inspector can *suspend* it, with a reason, and *release* it to the state that it had
before, and a recall by lot, batch or span is final.

Two things that are not in the table, on purpose:

- **Expired** is no state. It follows from the shelf life of the lot and the time of asking, so
  it is derived where it is asked for and never stored.
- **Nothing but activation binds a lot.** `BINDS_LOT` names the moves that must be given one.

A refused move raises and leaves everything as it was; the same law serves one stamp here and a
span of millions in `stamps.span`.

>>> step(State.PRINTED, Move.ACTIVATE)
(<State.ACTIVATED: 'activated'>, None)
>>> step(State.CLAIMED, Move.SUSPEND)
(<State.SUSPENDED: 'suspended'>, <State.CLAIMED: 'claimed'>)
>>> step(State.SUSPENDED, Move.RELEASE, State.CLAIMED)
(<State.CLAIMED: 'claimed'>, None)
>>> step(State.RECALLED, Move.RELEASE)
Traceback (most recent call last):
...
stamps.lifecycle.IllegalMove: a stamp that is recalled can not be released
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


class Move(StrEnum):
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


class IllegalMove(VeritemError):
    """The law has no such step: `state` is where the stamp stands, `move` what was asked."""

    code = "illegal-move"
    message = "a stamp that is {state} can not be {past}"

    def __init__(self, *, state: State, move: Move) -> None:
        super().__init__(state=state, move=move, past=_PAST[move])


class IllegalReason(VeritemError):
    """The move wants one of its own reasons, or takes none; `allowed` lists them."""

    code = "illegal-reason"
    message = "{move} can not have the reason {reason}; allowed: {allowed}"


_PAST: Final = {
    Move.PRINT: "printed",
    Move.ACTIVATE: "activated",
    Move.CLAIM: "claimed",
    Move.VOID: "made void",
    Move.SUSPEND: "suspended",
    Move.RELEASE: "released",
    Move.RECALL: "recalled",
}

Cell = State | Return | None

_NO: Final = None
_BACK: Final = Return.BEFORE
_ISSUED, _PRINTED, _ACTIVATED, _CLAIMED, _VOID, _SUSPENDED, _RECALLED = State

# The law itself. Columns stand in the order of `Move`; `_NO` refuses, `_BACK` is the state from
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

TABLE: Final[Mapping[tuple[State, Move], Cell]] = {
    (state, move): cell
    for state, cells in _ROWS.items()
    for move, cell in zip(Move, cells, strict=True)
}
"""Every cell: the state that follows, `Return.BEFORE`, or None where the law refuses."""

REASONS: Final[Mapping[Move, tuple[str, ...]]] = {
    Move.PRINT: (),
    Move.ACTIVATE: (),
    Move.CLAIM: (),
    Move.VOID: (
        "spoiled",
        "misprint",
        "overprint",
        "damaged",
        "lost",
        "stolen",
        "not-sold",
        "cancelled",
    ),
    Move.SUSPEND: ("counterfeit", "stolen", "lost", "low-quality", "wrong-lot", "inspection"),
    Move.RELEASE: ("cleared", "mistake"),
    Move.RECALL: ("food-safety", "low-quality", "counterfeit", "stolen", "wrong-lot", "ordered"),
}
"""The reasons a move can have: exactly one of them must be given, or none where none is listed."""

BINDS_LOT: Final = frozenset({Move.ACTIVATE})
"""The moves that bind stamps to a lot, and so must be given one."""


def step(state: State, move: Move, before: State | None = None) -> tuple[State, State | None]:
    """Take one step: `(state, before)` after `move`.

    `before` is the state from before a suspension; it is given and answered only while the
    stamp is suspended, and is None otherwise. Raises `IllegalMove` where the table refuses.
    """
    if (state is State.SUSPENDED) != (before is not None):
        raise ValueError("`before` belongs to a suspended stamp, and to no other")
    following = TABLE[state, move]
    if following is None:
        raise IllegalMove(state=state, move=move)
    if following is Return.BEFORE:
        assert before is not None  # noqa: S101 - only suspended rows lead back; told to mypy
        return before, None
    return following, state if following is State.SUSPENDED else None


def allowed_from(move: Move) -> frozenset[State]:
    """The states from which the law allows `move`."""
    return frozenset(state for state in State if TABLE[state, move] is not None)


def check_reason(move: Move, reason: str | None) -> None:
    """Raise `IllegalReason` unless `reason` is one that `move` can have (None where it has none).

    >>> check_reason(Move.VOID, "stolen")
    >>> check_reason(Move.VOID, None)
    Traceback (most recent call last):
    ...
    stamps.lifecycle.IllegalReason: void can not have the reason None; allowed: spoiled, misprint, \
overprint, damaged, lost, stolen, not-sold, cancelled
    """
    reasons = REASONS[move]
    if (reason in reasons) if reasons else (reason is None):
        return
    raise IllegalReason(move=move, reason=reason, allowed=", ".join(reasons) or "none")


def draw() -> str:
    """The table and its picture as Markdown with a Mermaid diagram; docs/lifecycle.md shows it."""
    head = ["state", *Move]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for state in State:
        cells = [_cell(TABLE[state, move]) for move in Move]
        lines.append("| **" + state + "** | " + " | ".join(cells) + " |")
    lines += ["", "```mermaid", "stateDiagram-v2", "    [*] --> issued"]
    for (state, move), following in TABLE.items():
        if following is Return.BEFORE:
            lines += [f"    {state} --> {to}: {move}" for to in _suspendable()]
        elif following is not None:
            lines.append(f"    {state} --> {following}: {move}")
    finals = [s for s in State if all(TABLE[s, move] is None for move in Move)]
    lines += [f"    {state} --> [*]" for state in finals]
    lines += ["```", "", "| move | reasons (one must be given) | binds a lot |", "|---|---|---|"]
    for move in Move:
        reasons = " · ".join(REASONS[move]) or "none"
        lines.append(f"| **{move}** | {reasons} | {'yes' if move in BINDS_LOT else 'no'} |")
    return "\n".join(lines) + "\n"


def _cell(following: Cell) -> str:
    if following is None:
        return "–"
    return "*before*" if following is Return.BEFORE else str(following)


def _suspendable() -> list[State]:
    return [s for s in State if TABLE[s, Move.SUSPEND] is State.SUSPENDED]
