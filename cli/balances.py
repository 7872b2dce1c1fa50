"""Text of a batch's mass balance."""

from cli.output import print_line
from ledger import MassBalance
from services.documents import describe_balance


def print_balance(balance: MassBalance) -> None:
    """Print the balance as one sum."""
    shown = describe_balance(balance)
    agrees = ("balances", "green") if balance.balances else ("; ".join(balance.flaws), "red")
    print_line(
        f"{shown.issued:,} issued = {shown.activated:,} activated + {shown.spoiled:,} void"
        f" + {shown.outstanding:,} printed and outstanding"
        f" + {shown.not_printed:,} not printed: ",
        agrees,
    )
