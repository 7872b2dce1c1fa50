"""Reasons of a verdict."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason; pages translate the value, inspectors filter by it."""

    IMPOSSIBLE_TRAVEL = "impossible_travel"
    MANY_PLACES = "many_places"
    RETURNED = "returned"
    MANY_DEVICES = "many_devices"
    MANY_ROUNDS = "many_rounds"
    LONG_SPREAD = "long_spread"
    OUTLIVED = "outlived"
    DORMANT = "dormant"
    OFF_MARKET = "off_market"
    BEFORE_PACKING = "before_packing"
    OUT_OF_USE = "out_of_use"
    CLAIMED = "claimed"
    BATCH = "batch"
    # Explanations other than copies.
    ONE_CROWD = "one_crowd"
    VIRAL_PHOTO = "viral_photo"
    POISONING = "poisoning"
