"""Weighted lists of preference header fields: Accept, Accept-Encoding, Accept-Language."""

from typing import Final

_LONGEST_HEADER: Final = 400
"""Characters of a preference header that are read."""


def parse_quality_values(header: str) -> dict[str, float]:
    """The elements of a preference header with their weights (RFC 9110, 12.4.2), in its order.

    A weight that cannot be read counts as zero.

    >>> parse_quality_values("gzip, BR;q=0.5, identity; q=0, x;q=y, ,")
    {'gzip': 1.0, 'br': 0.5, 'identity': 0.0, 'x': 0.0}
    """
    found: dict[str, float] = {}
    for element in header[:_LONGEST_HEADER].split(","):
        name, *parameters = element.split(";")
        name = name.strip().lower()
        if not name:
            continue
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                weight = _parse_weight(value)
        found[name] = max(weight, found.get(name, 0.0))
    return found


def _parse_weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
