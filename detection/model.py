"""The model: the weights of `detection.features` as lookup tables, and their sum."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias, final

from detection.feature_extractors import Extractor
from detection.features import FEATURES, Feature, extract_features, scopes_of
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext

LookupTable: TypeAlias = tuple[float, ...]
"""The weight of a feature, in nats, by its number."""


@final
class _Lookup:
    """An extractor and the lookup table of its feature."""

    __slots__ = ("extractor", "table")

    def __init__(self, extractor: Extractor, table: LookupTable) -> None:
        self.extractor: Final = extractor
        self.table: Final = table


@dataclass(frozen=True, slots=True)
class Model:
    """Features with their weights; the default is the calibrated table.

    `tables` has the lookup table of each feature by its name. `_lookups` has those of the features
    in scope for each kind of history: `places > 1`, `long_life` and `export_only` as three bits.
    """

    features: tuple[Feature, ...] = FEATURES
    tables: dict[str, LookupTable] = field(init=False, repr=False, compare=False)
    _lookups: tuple[tuple[_Lookup, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tables = {feature.name: feature.lookup_table() for feature in self.features}
        object.__setattr__(self, "tables", tables)
        kinds = (scopes_of(bool(k & 4), bool(k & 2), bool(k & 1)) for k in range(8))
        lookups = tuple(
            tuple(
                _Lookup(feature.extractor, tables[feature.name])
                for feature in self.features
                if feature.scope in scopes
            )
            for scopes in kinds
        )
        object.__setattr__(self, "_lookups", lookups)

    def sum_weights(self, history: ScanHistory, context: StampContext) -> float:
        """Return what all features of a history weigh together, in nats."""
        kind = (4 if history.places > 1 else 0) + (2 if context.long_life else 0)
        if context.export_only:
            kind += 1
        total = 0.0
        for lookup in self._lookups[kind]:
            total += lookup.table[lookup.extractor.extract(history, context)]
        return total

    def weigh_features(
        self, history: ScanHistory, context: StampContext
    ) -> Iterator[tuple[Feature, float]]:
        """Yield each feature with what it weighs, in nats."""
        numbers = extract_features(history, context)
        for feature in self.features:
            yield feature, self.tables[feature.name][numbers[feature.name]]
