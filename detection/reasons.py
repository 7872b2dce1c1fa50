"""Why a stamp was judged as it was: the words that go with a verdict."""

from enum import StrEnum


class Reason(StrEnum):
    """Why: slugs that pages translate and inspectors filter by, strongest first in a judgement."""

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
    # What speaks for an honest explanation, or another one.
    ONE_CROWD = "one_crowd"
    VIRAL_PHOTO = "viral_photo"
    POISONING = "poisoning"
