"""Crop estimate: how many fruits growing areas yield in a season, as registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_KG_PER_TONNE: Final = 1000


@dataclass(frozen=True, slots=True)
class CropArea:
    """One growing area, with the yield that counts for it."""

    code: str
    hectares: float
    yield_t_per_ha: float


@dataclass(frozen=True, slots=True)
class CropEstimate:
    """The crop of some growing areas in a season."""

    areas: Sequence[CropArea]
    fruit_kg: float

    @property
    def fruits(self) -> int:
        """Hectares × tonnes a hectare × 1000 ÷ kilograms a fruit, of all areas.

        >>> CropEstimate([CropArea("VN-ĐLOR-0123", 12.5, 20)], 2.5).fruits
        100000
        """
        tonnes = sum(area.hectares * area.yield_t_per_ha for area in self.areas)
        return int(tonnes * _KG_PER_TONNE / self.fruit_kg)

    def sum_hectares(self) -> list[tuple[float, float]]:
        """The hectares of the areas of each yield, the highest yield first: (hectares, yield).

        >>> CropEstimate([CropArea("a", 2, 18), CropArea("b", 3, 18)], 2.5).sum_hectares()
        [(5, 18)]
        """
        yields = sorted({area.yield_t_per_ha for area in self.areas}, reverse=True)
        return [
            (sum(a.hectares for a in self.areas if a.yield_t_per_ha == one), one) for one in yields
        ]


def describe_area(
    code: str, hectares: float | None, own_yield: float | None, usual_yield: float | None
) -> CropArea | None:
    """The area by its own yield, else by the usual one of the product (tonnes a hectare).

    None where hectares or both yields are not registered.
    """
    tonnes = own_yield or usual_yield
    return None if hectares is None or tonnes is None else CropArea(code, hectares, tonnes)
