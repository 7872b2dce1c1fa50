"""The model: the weights of `detection.features` as lookup tables, and their sum."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from detection.features import FEATURES, Extract, Feature
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext

LookupTable: TypeAlias = tuple[float, ...]
"""The weight of a feature, in nats, by its number."""


@dataclass(frozen=True, slots=True)
class Model:
    """Features with their weights; the default is the calibrated table.

    `tables` has the lookup table of each feature by its name.
    """

    features: tuple[Feature, ...] = FEATURES
    tables: dict[str, LookupTable] = field(init=False, repr=False, compare=False)
    _lookups: tuple[tuple[Extract, LookupTable], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tables = {feature.name: feature.lookup_table() for feature in self.features}
        lookups = tuple((feature.extract, tables[feature.name]) for feature in self.features)
        object.__setattr__(self, "tables", tables)
        object.__setattr__(self, "_lookups", lookups)

    def sum_weights(self, history: ScanHistory, context: StampContext) -> float:
        """Return what all features of a history weigh together, in nats."""
        total = 0.0
        for extract, table in self._lookups:
            total += table[extract(history, context)]
        return total

    def weigh_features(
        self, history: ScanHistory, context: StampContext
    ) -> Iterator[tuple[Feature, float]]:
        """Yield each feature with what it weighs, in nats."""
        for feature, (extract, table) in zip(self.features, self._lookups, strict=True):
            yield feature, table[extract(history, context)]
