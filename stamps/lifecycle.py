"""The lifecycle of a stamp: one table, every state × transition cell decided.

A stamp is *issued* when its batch is made, *printed* when the print house reports it, *activated*
when a packer puts it on produce and binds it to a lot, and *claimed* when somebody used the PIN
under its scratch layer, once. A wrong activation is *deactivated* (the stamp is printed again) or
*rebound* to another lot. Before activation it can become *void* (spoiled, lost, stolen …).
After activation an inspector can *suspend* it, with a reason, and *release* it to the state that
it had before; a recall by lot, batch or serial range is final.

`RULES` is the whole table. Two things are not in it, on purpose:

- *Expired* is no state. It follows from the shelf life of the lot and the present time, so it is
  derived when it is asked for and never stored.
- Deactivation and rebinding also depend on the time since the activation and on scans, which a
  table of states cannot decide: `ledger.stamps.reversals` does.

A refused transition raises and changes nothing. The same table serves one stamp here and millions
in `stamps.spans`. The module is compiled (ADR 0035); nothing in it is shaped for the compiler.

>>> next_state(State.PRINTED, Transition.ACTIVATE)
(<State.ACTIVATED: 'activated'>, None)
>>> next_state(State.CLAIMED, Transition.SUSPEND)
(<State.SUSPENDED: 'suspended'>, <State.CLAIMED: 'claimed'>)
>>> next_state(State.SUSPENDED, Transition.RELEASE, State.CLAIMED)
(<State.CLAIMED: 'claimed'>, None)
>>> next_state(State.RECALLED, Transition.RELEASE)
Traceback (most recent call last):
...
stamps.lifecycle.IllegalTransition: a stamp that is recalled cannot be released
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from stamps.errors import VeritemError


class State(StrEnum):
    """The stored state of a stamp. `expired` is derived from the lot and never stored."""

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
    DEACTIVATE = "deactivate"
    REBIND = "rebind"
    CLAIM = "claim"
    VOID = "void"
    SUSPEND = "suspend"
    RELEASE = "release"
    RECALL = "recall"


class Return(Enum):
    """The target of a release: the state from which the stamp was suspended."""

    SUSPENDED_FROM = "suspended_from"


class IllegalTransition(VeritemError):
    """The table has no such transition from this `state`."""

    code = "illegal-transition"
    message = "a stamp that is {state} cannot be {participle}"

    def __init__(self, *, state: State, transition: Transition) -> None:
        participle = RULES[transition].participle
        super().__init__(state=state, transition=transition, participle=participle)


class IllegalReason(VeritemError):
    """The transition needs one of its own reasons, or has none; `allowed` lists them."""

    code = "illegal-reason"
    message = "{transition} cannot have the reason {reason}; allowed: {allowed}"


Cell = State | Return | None
"""The state that follows, or None where the transition is refused."""


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """Rule of one transition: the states from and to, its reasons, whether it names a lot."""

    targets: Mapping[State, State | Return]
    """The state that follows, by the state before; other states refuse the transition."""
    participle: str
    """The transition in a message: "cannot be …"."""
    reasons: tuple[str, ...] = ()
    """Exactly one of them must be given; none where none is listed."""
    binds_lot: bool = False
    """Whether it binds stamps to a lot, and so must name one."""


RULES: Final[Mapping[Transition, TransitionRule]] = {
    Transition.PRINT: TransitionRule(
        targets={State.ISSUED: State.PRINTED},
        participle="printed",
    ),
    Transition.ACTIVATE: TransitionRule(
        targets={State.PRINTED: State.ACTIVATED},
        participle="activated",
        binds_lot=True,
    ),
    Transition.DEACTIVATE: TransitionRule(
        targets={State.ACTIVATED: State.PRINTED},
        participle="deactivated",
    ),
    Transition.REBIND: TransitionRule(
        targets={State.ACTIVATED: State.ACTIVATED},
        participle="rebound",
        reasons=("wrong-lot", "repacked", "mistake"),
        binds_lot=True,
    ),
    Transition.CLAIM: TransitionRule(
        targets={State.ACTIVATED: State.CLAIMED},
        participle="claimed",
    ),
    Transition.VOID: TransitionRule(
        targets={State.ISSUED: State.VOID, State.PRINTED: State.VOID},
        participle="made void",
        reasons=(
            "spoiled",
            "misprint",
            "overprint",
            "damaged",
            "lost",
            "stolen",
            "not-sold",
            "cancelled",
        ),
    ),
    Transition.SUSPEND: TransitionRule(
        targets={State.ACTIVATED: State.SUSPENDED, State.CLAIMED: State.SUSPENDED},
        participle="suspended",
        reasons=("counterfeit", "stolen", "lost", "low-quality", "wrong-lot", "inspection"),
    ),
    Transition.RELEASE: TransitionRule(
        targets={State.SUSPENDED: Return.SUSPENDED_FROM},
        participle="released",
        reasons=("cleared", "mistake"),
    ),
    Transition.RECALL: TransitionRule(
        targets={
            State.ACTIVATED: State.RECALLED,
            State.CLAIMED: State.RECALLED,
            State.SUSPENDED: State.RECALLED,
        },
        participle="recalled",
        reasons=("food-safety", "low-quality", "counterfeit", "stolen", "wrong-lot", "ordered"),
    ),
}

TABLE: Final[Mapping[tuple[State, Transition], Cell]] = {
    (state, transition): RULES[transition].targets.get(state)
    for state in State
    for transition in Transition
}
"""Every cell of `RULES`, refused ones too."""

REASONS: Final[Mapping[Transition, tuple[str, ...]]] = {
    transition: rule.reasons for transition, rule in RULES.items()
}

BINDS_LOT: Final = frozenset(transition for transition, rule in RULES.items() if rule.binds_lot)
"""The transitions that bind stamps to a lot, and so must name one."""


def next_state(
    state: State, transition: Transition, suspended_from: State | None = None
) -> tuple[State, State | None]:
    """Return `(state, suspended_from)` after `transition`.

    `suspended_from` is given and returned for a suspended stamp only; it is None otherwise.

    Raises:
        IllegalTransition: the table refuses it.
    """
    if (state is State.SUSPENDED) != (suspended_from is not None):
        raise ValueError("`suspended_from` belongs to a suspended stamp, and to no other")
    following = TABLE[state, transition]
    if following is None:
        raise IllegalTransition(state=state, transition=transition)
    if following is Return.SUSPENDED_FROM:
        assert suspended_from is not None  # noqa: S101 - only a suspended stamp returns; for mypy
        return suspended_from, None
    return following, state if following is State.SUSPENDED else None


def source_states(transition: Transition) -> frozenset[State]:
    """Return the states from which `transition` is allowed."""
    return frozenset(RULES[transition].targets)


def check_reason(transition: Transition, reason: str | None) -> None:
    """Raise `IllegalReason` unless `transition` can have this `reason`.

    >>> check_reason(Transition.VOID, "stolen")
    >>> check_reason(Transition.VOID, None)
    Traceback (most recent call last):
    ...
    stamps.lifecycle.IllegalReason: void cannot have the reason None; allowed: spoiled, misprint, \
overprint, damaged, lost, stolen, not-sold, cancelled
    """
    reasons = RULES[transition].reasons
    if (reason in reasons) if reasons else (reason is None):
        return
    raise IllegalReason(transition=transition, reason=reason, allowed=", ".join(reasons) or "none")


def draw_table() -> str:
    """Return the table as Markdown with a Mermaid diagram, as docs/lifecycle.md shows it."""
    head = ["state", *Transition]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for state in State:
        cells = [_draw_cell(TABLE[state, transition]) for transition in Transition]
        lines.append("| **" + state + "** | " + " | ".join(cells) + " |")
    lines += ["", "```mermaid", "stateDiagram-v2", "    [*] --> issued"]
    for (state, transition), following in TABLE.items():
        if following is Return.SUSPENDED_FROM:
            sources = [source for source in State if source in source_states(Transition.SUSPEND)]
            lines += [f"    {state} --> {source}: {transition}" for source in sources]
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
    for transition, rule in RULES.items():
        reasons = " · ".join(rule.reasons) or "none"
        lines.append(f"| **{transition}** | {reasons} | {'yes' if rule.binds_lot else 'no'} |")
    return "\n".join(lines) + "\n"


def _draw_cell(following: Cell) -> str:
    if following is None:
        return "–"
    return "*suspended from*" if following is Return.SUSPENDED_FROM else str(following)
