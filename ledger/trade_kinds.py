"""Actors of the trade besides packers and print houses: kinds of organisations and roles of people.

One name is both: the kind of an organisation and the role of its people. What each kind writes and
may do is in `services.trade_actors` and `services.permissions`.
"""

from typing import Final, Literal, get_args

TradeKind = Literal[
    "grower",
    "buyer",
    "processor",
    "carrier",
    "distributor",
    "retailer",
    "laboratory",
    "certifier",
]
TRADE_KINDS: Final[tuple[TradeKind, ...]] = get_args(TradeKind)
