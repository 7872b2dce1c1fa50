"""Feature extractors: what is counted or measured of a scan history.

Shaped for the compiler: what extracts a number is a class with one method (`Extractor`).

Times are in half days, divided by the pace at which the produce is sold and eaten
(`detection.stamp_context`). Every number is at least 0.
"""

from typing import Final, final

from detection.scan_history import EPOCH_MINUTE, ScanHistory
from detection.stamp_context import StampContext

COUNT_SIZE: Final = 256
HALF_DAY_SIZE: Final = 160
_HALF_HOURS_IN_HALF_DAY: Final = 24.0
_EPOCH_HALF_HOUR: Final = EPOCH_MINUTE // 30


class Extractor:
    """Extracts one number from a scan history: an instance has no state.

    A method and not a function: mypyc calls a method of a known class directly, and a function in a
    variable through Python's calling convention, in three times the instructions (ADR 0035).
    """

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        """Return the number, at least 0."""
        raise NotImplementedError


def spread_half_days(history: ScanHistory, context: StampContext) -> int:
    """Return the half days from the first to the last independent session."""
    passed = history.last_independent - history.first_independent
    return _half_days(passed, context)


def single_place_repeats(history: ScanHistory, context: StampContext) -> int:
    """Return the sessions at a known location, less two for each further location."""
    places = history.places
    if places <= 1:
        return history.repeats
    repeats = history.repeats - 2 * (places - 1)
    return repeats if repeats > 0 else 0


def _half_days(half_hours: int, context: StampContext) -> int:
    number = int(half_hours / (_HALF_HOURS_IN_HALF_DAY * context.pace))
    return number if number < HALF_DAY_SIZE else HALF_DAY_SIZE - 1


@final
class IndependentExtractor(Extractor):
    """Independent sessions: another person at another time."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.independent


@final
class RoundsExtractor(Extractor):
    """Independent sessions that came after a pause."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.rounds


@final
class PlacesExtractor(Extractor):
    """Places where the stamp was scanned."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.places


@final
class CameraPlacesExtractor(Extractor):
    """Places where a camera scanned it, not a link that was sent on."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        cameras = 0
        for spot in history.spots:
            if spot.camera:
                cameras += 1
        return cameras


@final
class ReturnsExtractor(Extractor):
    """Returns to a place after the stamp was elsewhere."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.returns


@final
class TravelExtractor(Extractor):
    """Class of the farthest impossible journey."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.travel


@final
class SpreadExtractor(Extractor):
    """Half days from the first to the last independent session."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return spread_half_days(history, context)


@final
class AgeExtractor(Extractor):
    """Age of the produce, in half days, at the last independent session."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        last, sent = history.last_independent, context.sent_half_hour - _EPOCH_HALF_HOUR
        return _half_days(last - sent, context) if 0 < sent < last else 0


@final
class OffMarketExtractor(Extractor):
    """Sessions in countries that the lot was not sold to."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.off_market


@final
class BeforePackingExtractor(Extractor):
    """Sessions away from the packing house before the lot was packed."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.before_packing


@final
class SinglePlaceRepeatsExtractor(Extractor):
    """Sessions at a known place, less two for each further place."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return single_place_repeats(history, context)


@final
class BurstsExtractor(Extractor):
    """Sessions of networks that appeared at the same time."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.bursts


@final
class FromFeedsExtractor(Extractor):
    """Sessions that came from a social feed."""

    def extract(self, history: ScanHistory, context: StampContext) -> int:
        return history.from_feeds
