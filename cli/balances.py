"""The mass balance of a batch, as it is shown: every stamp is somewhere."""

from typing import Any

from cli.output import answers
from ledger import MassBalance
from stamps.lifecycle import State


def balance_document(balance: MassBalance) -> dict[str, Any]:
    """A balance as JSON."""
    return {
        "batch": balance.batch,
        "issued": balance.issued,
        "printed": balance.printed,
        "spoiled": sum(balance.void.values()),
        "void": dict(balance.void),
        "activated": balance.activated,
        "outstanding": balance.outstanding,
        "not_printed": balance.states[State.ISSUED],
        "states": dict(balance.states),
        "balances": balance.balances,
        "flaws": balance.flaws,
    }


def weighed(balance: MassBalance) -> None:
    """Print the balance as one sum."""
    shown = balance_document(balance)
    agrees = "[green]balances[/]" if balance.balances else "[red]" + "; ".join(balance.flaws)
    answers.print(
        f"{balance.issued:,} issued = {shown['activated']:,} activated + {shown['spoiled']:,} void"
        f" + {shown['outstanding']:,} printed and outstanding"
        f" + {shown['not_printed']:,} not printed: {agrees}",
        highlight=False,
        soft_wrap=True,
    )
