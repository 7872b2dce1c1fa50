"""Losses of honest people to budgets and credibility of networks (`detection.scan_weight`).

- *Beyond the budget*: the gateways of carriers are what many honest people share. Their share of
  the world's scans, hour by hour of the day, is scaled to a service of `SCANS_PER_SECOND`; scans of
  a gateway in an hour whose mean exceeds the budget are lost in proportion. Homes and shops grow in
  number with the service, and not in scans a minute.
- *Discredited*: scans of genuine stamps that the judge lists in a campaign. All scans of such a
  stamp count, so this is an upper bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detection.rules import Rules
from simulation import World
from simulation.events import HOUR, VISIT
from simulation.people import UTC_OFFSET
from simulation.phones import on_carrier

SCANS_PER_SECOND = 2_000.0


@dataclass(frozen=True)
class BudgetLoss:
    """Honest scans of one world, and the shares of them that weigh nothing."""

    scans: int
    beyond_budget: float
    discredited: float
    busiest_per_minute: float
    """Scans of the busiest gateway in a minute of its busiest hour, scaled."""


def measure_loss(world: World, rows: Iterable[Mapping[str, Any]], rules: Rules) -> BudgetLoss:
    """Measure what honest scans lose; `rows` are the judge's outcomes."""
    attacked = world.truth.stamp[world.truth.attacked]
    honest = ~np.isin(world.events["stamp"], attacked) & (world.events["via"] != VISIT)
    at, net = world.seen.at[honest], world.seen.net[honest]
    shared = on_carrier(net, world.parameters)
    gateways, of = np.unique(net[shared], return_inverse=True)
    hour = ((at[shared] + UTC_OFFSET) // HOUR % 24).astype(np.int64)
    # Few scans of one gateway are in the world: its share and the hours' profile are independent.
    share = np.bincount(of, minlength=len(gateways)) / len(at)
    profile = np.bincount(hour, minlength=24) / len(hour) * 24
    per_minute = SCANS_PER_SECOND * 60 * np.outer(share, profile)
    excess = np.maximum(per_minute - rules.network_scans_per_minute, 0)
    in_campaign = {row["stamp"] for row in rows if row.get("campaign") is not None}
    names = [f"s{stamp}" for stamp in world.events["stamp"][honest].tolist()]
    return BudgetLoss(
        scans=len(at),
        beyond_budget=float(excess.sum() / (SCANS_PER_SECOND * 60 * 24)),
        discredited=sum(name in in_campaign for name in names) / len(at),
        busiest_per_minute=float(per_minute.max()),
    )
