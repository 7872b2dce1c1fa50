"""Parties of the chain and the places they work at."""

from enum import StrEnum
from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from traceability.administrative_units import derive_province
from traceability.document_fields import (
    DocumentModel,
    FarmingAreaCode,
    GrowingAreaCode,
    Latitude,
    Longitude,
    PackingHouseCode,
    ProvinceCode,
    Text,
    WardCode,
)
from traceability.wards import locate_province
from web.validation import RefusedValue


class PartyKind(StrEnum):
    """Kind of a producer."""

    HOUSEHOLD = "household"
    COOPERATIVE = "cooperative"
    ENTERPRISE = "enterprise"


class Address(DocumentModel):
    """A line as people write it, and the ward or province in force where it lies.

    A ward determines the province; another one is refused.
    """

    line: Text | None = None
    ward: WardCode | None = None
    province: ProvinceCode | None = Field(default=None, validate_default=True)

    @field_validator("province", mode="after")
    @classmethod
    def _check_province(cls, province: str | None, info: ValidationInfo) -> str | None:
        return derive_province(info.data.get("ward"), province)


class Party(DocumentModel):
    """A grower household, co-operative or enterprise; `code` is the registered one, if any."""

    name: Text
    kind: PartyKind
    code: Text | None = None
    address: Address | None = None


class RegisteredSite(DocumentModel):
    """A place with a registered code: its name, address and, where known, coordinates (WGS 84)."""

    code: Text
    name: Text | None = None
    address: Address = Address()
    lat: Latitude | None = None
    lon: Longitude | None = None

    @property
    def province(self) -> str | None:
        """Two-digit code of its province: as addressed, else where its coordinates lie."""
        if self.address.province or self.lat is None or self.lon is None:
            return self.address.province
        province = locate_province(self.lat, self.lon)
        return province.code if province else None

    @model_validator(mode="after")
    def _check_coordinates(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise RefusedValue("has one of lat and lon without the other", "coordinates")
        return self


class GrowingArea(RegisteredSite):
    """A growing area with its code (mã số vùng trồng)."""

    code: GrowingAreaCode


class FarmingArea(RegisteredSite):
    """A farm of fish, shrimp or shellfish with its code (mã số cơ sở nuôi)."""

    code: FarmingAreaCode


class PackingHouse(RegisteredSite):
    """A packing house with its code (mã số cơ sở đóng gói)."""

    code: PackingHouseCode
