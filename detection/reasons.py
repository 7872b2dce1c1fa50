"""Reasons of a verdict."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """One reason; pages translate the value, inspectors filter by it."""

    IMPOSSIBLE_TRAVEL = "impossible_travel"
    MANY_PLACES = "many_places"
    RETURNED = "returned"
    MANY_DEVICES = "many_devices"
    MANY_ROUNDS = "many_rounds"
    LONG_SPREAD = "long_spread"
    OUTLIVED = "outlived"
    OFF_MARKET = "off_market"
    BEFORE_PACKING = "before_packing"
    OUT_OF_USE = "out_of_use"
    SECOND_CLAIM = "second_claim"
    BATCH = "batch"
    MANY_NETWORKS = "many_networks"
    FEW_NETWORKS = "few_networks"
    # People's decision.
    CONFIRMED = "confirmed"
    # Explanations other than copies.
    ONE_CROWD = "one_crowd"
    VIRAL_PHOTO = "viral_photo"
    POISONING = "poisoning"
    UNPROVEN_PLACES = "unproven_places"


ACCUSING: Final = frozenset(Reason) - {
    Reason.BATCH,
    Reason.CONFIRMED,
    Reason.ONE_CROWD,
    Reason.VIRAL_PHOTO,
    Reason.POISONING,
    Reason.UNPROVEN_PLACES,
}
"""Reasons that accuse the stamp by its own scans: one that was not dismissed is a new kind."""
