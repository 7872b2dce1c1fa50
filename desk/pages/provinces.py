"""Provinces to choose from in a form."""

from desk.pages.call import PageCall
from traceability.administrative_units import load_administrative_units


def list_provinces(call: PageCall) -> tuple[tuple[str, str], ...]:
    """Codes and names of the provinces, by name."""
    provinces = load_administrative_units().provinces.values()
    return tuple(sorted(((p.code, p.name(call.language)) for p in provinces), key=lambda p: p[1]))
