"""Who and where: the parties of a chain and the places they work at."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from traceability import places
from traceability.reading import Fields, MalformedLot


class PartyKind(StrEnum):
    """What a producer is."""

    HOUSEHOLD = "household"
    COOPERATIVE = "cooperative"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True)
class Address:
    """A line as people write it, and the ward or province in force where it lies."""

    line: str | None = None
    ward: str | None = None
    province: str | None = None

    def document(self) -> dict[str, Any]:
        """The address as JSON, absent parts left out."""
        return present(line=self.line, ward=self.ward, province=self.province)

    @classmethod
    def read(cls, fields: Fields) -> "Address":
        """Read it from fields shared with its owner; the ward says the province.

        Raises:
            MalformedLot: a code not in force, or a ward of another province.
        """
        line = fields.maybe_text("line")
        ward = fields.checked("ward", places.atlas().ward)
        province = fields.checked("province", places.atlas().province)
        if ward and province and ward.province != province.code:
            why = f"{ward.full} lies in {places.names(ward.province)}, not in {province.full}"
            raise MalformedLot(field=fields.at("ward"), why=why)
        if ward:
            return cls(line, ward.code, ward.province)
        return cls(line, None, province.code if province else None)


@dataclass(frozen=True)
class Party:
    """A grower household, co-operative or enterprise; `code` is the registered one, if any."""

    name: str
    kind: PartyKind = PartyKind.HOUSEHOLD
    code: str | None = None
    address: Address | None = None

    def document(self) -> dict[str, Any]:
        """The party as JSON."""
        return present(
            name=self.name,
            kind=str(self.kind),
            code=self.code,
            address=self.address and self.address.document(),
        )

    @classmethod
    def read(cls, fields: Fields) -> "Party":
        """Read it.

        Raises:
            MalformedLot: a field that is missing, malformed or unknown.
        """
        name, kind = fields.text("name"), fields.choice("kind", PartyKind)
        code = fields.maybe_text("code")
        address = fields.maybe_fields("address")
        party = cls(name, kind, code, Address.read(address) if address else None)
        for part in (fields, address):
            if part:
                part.done()
        return party


@dataclass(frozen=True)
class Site:
    """A growing area or packing house: its code, name, address and, if known, degrees."""

    code: str
    name: str | None = None
    address: Address = Address()
    lat: float | None = None
    lon: float | None = None

    @property
    def province(self) -> str | None:
        """Two-digit code of its province: as addressed, else where its degrees lie."""
        if self.address.province or self.lat is None or self.lon is None:
            return self.address.province
        found = places.province_of(self.lat, self.lon)
        return found.code if found else None

    def document(self) -> dict[str, Any]:
        """The site as JSON."""
        return present(
            code=self.code,
            name=self.name,
            address=self.address.document() or None,
            lat=self.lat,
            lon=self.lon,
        )

    @classmethod
    def read(cls, fields: Fields, code: str) -> "Site":
        """Read the rest of a site whose `code` was read already.

        Raises:
            MalformedLot: a malformed or unknown field, one degree without the other.
        """
        name, address = fields.maybe_text("name"), fields.maybe_fields("address")
        lat, lon = fields.maybe_number("lat", -90, 90), fields.maybe_number("lon", -180, 180)
        if (lat is None) != (lon is None):
            raise MalformedLot(field=fields.path, why="has one of lat and lon without the other")
        site = cls(code, name, Address.read(address) if address else Address(), lat, lon)
        for part in (fields, address):
            if part:
                part.done()
        return site


def present(**values: Any) -> dict[str, Any]:
    """The values that are there.

    >>> present(a=1, b=None)
    {'a': 1}
    """
    return {name: value for name, value in values.items() if value is not None}
