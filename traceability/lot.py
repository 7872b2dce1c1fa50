"""A lot: the produce that stamps vouch for, with the minimum data of its traceability record.

The document is plain JSON (`docs/lot.md` describes it). Reading puts codes into their canonical
form and refuses what is malformed, misspelt or impossible. What else it may tell follows from its
kind of produce (`traceability.lot_profiles`); a lot that names none is of crops. An incomplete lot
can be stored but not bound to stamps: `traceability.requirements` names the mandatory items that it
lacks.

>>> document = {"code": "L1", "product": {"code": "ri6", "name": {"vi": "Sầu riêng"}}}
>>> lot = Lot.from_document(document)
>>> lot.product.name.choose("en"), lot.packed_at
('Sầu riêng', None)
>>> lot.to_document() == document
True
"""

import json
from typing import Annotated, Final

from pydantic import AfterValidator, Field, Strict, ValidationInfo, field_validator

from stamps.timestamps import format_rfc3339
from stamps.vietnam_time import DAY_MS, to_date
from traceability.document_fields import (
    LONGEST_LIST,
    CountryCode,
    DocumentModel,
    LotCode,
    Text,
    Timestamp,
)
from traceability.lot_details import Details, check_harvest, read_details, refuse_detail
from traceability.lot_profiles import CROP, find_profile, load_profiles
from traceability.parties import FarmingArea, GrowingArea, PackingHouse, Party, RegisteredSite
from traceability.products import LotProduct
from traceability.stages import Stage, StageRecord, check_order, find_start
from web.validation import RefusedValue

LONGEST_SHELF_LIFE: Final = 3650
"""Days."""


class AppliedStandard(DocumentModel):
    """A standard that was applied (VietGAP, GlobalG.A.P. …), with its certificate if any."""

    name: Text
    certificate: Text | None = None


def _check_kind(kind: str) -> str:
    if kind not in load_profiles():
        known = ", ".join(load_profiles())
        raise RefusedValue(f"must be one of {known}", "kind", known=known)
    return kind


class Lot(DocumentModel):
    """One lot. `code` fits GS1 AI (10).

    `market` names the countries that the lot is meant for; an empty one means any. The times at the
    end follow from the stages: a document may repeat them but not contradict them.
    """

    kind: Annotated[str, AfterValidator(_check_kind)] = CROP
    """The kind of produce, one of the profiles."""
    code: LotCode
    product: LotProduct
    producer: Party | None = None
    growing_area: GrowingArea | None = None
    farming_area: FarmingArea | None = None
    packing_house: PackingHouse | None = None
    stages: Annotated[tuple[StageRecord, ...], Field(max_length=LONGEST_LIST)] = ()
    brand: Text | None = None
    shelf_life_days: Annotated[int, Strict(), Field(ge=1, le=LONGEST_SHELF_LIFE)] | None = None
    standards: Annotated[tuple[AppliedStandard, ...], Field(max_length=LONGEST_LIST)] = ()
    market: Annotated[tuple[CountryCode, ...], Field(max_length=LONGEST_LIST)] = ()
    harvested_at: Timestamp | None = Field(default=None, validate_default=True)
    packed_at: Timestamp | None = Field(default=None, validate_default=True)
    expires_at: Timestamp | None = Field(default=None, validate_default=True)
    details: Details = Field(default={})
    """Details that only its kind of produce has."""

    @field_validator("growing_area", "farming_area", "packing_house", mode="before")
    @classmethod
    def _check_site(cls, value: object, info: ValidationInfo) -> object:
        kind = info.data.get("kind")
        if value is not None and kind and info.field_name not in find_profile(kind).code_kinds:
            raise RefusedValue(f"is not a field of a lot of {kind}", "no_field")
        return value

    @field_validator("stages", mode="after")
    @classmethod
    def _check_order(cls, stages: tuple[StageRecord, ...]) -> tuple[StageRecord, ...]:
        check_order(stages)
        return stages

    @field_validator("harvested_at", mode="after")
    @classmethod
    def _derive_harvest(cls, stated: int | None, info: ValidationInfo) -> int | None:
        return _check_derived(stated, find_start(info.data.get("stages", ()), Stage.HARVESTED))

    @field_validator("packed_at", mode="after")
    @classmethod
    def _derive_packing(cls, stated: int | None, info: ValidationInfo) -> int | None:
        return _check_derived(stated, find_start(info.data.get("stages", ()), Stage.PACKED))

    @field_validator("expires_at", mode="after")
    @classmethod
    def _derive_expiry(cls, stated: int | None, info: ValidationInfo) -> int | None:
        packed_at, days = info.data.get("packed_at"), info.data.get("shelf_life_days")
        derived = None if packed_at is None or days is None else packed_at + days * DAY_MS
        return _check_derived(stated, derived)

    @field_validator("details", mode="before")
    @classmethod
    def _read_details(cls, value: object, info: ValidationInfo) -> Details:
        kind, harvested_at = info.data.get("kind"), info.data.get("harvested_at")
        if kind is None:
            return {}
        profile = find_profile(kind)
        details = read_details(profile, value)
        if harvested_at is not None:
            day = to_date(harvested_at)
            if late := check_harvest(profile, details, day):
                refuse_detail(late, f"is after the harvest of {day.isoformat()}", "after_harvest")
        return details

    @property
    def origin(self) -> RegisteredSite | None:
        """The place that the produce comes from: a growing or a farming area."""
        site: RegisteredSite | None = getattr(self, find_profile(self.kind).origin)
        return site

    @property
    def sites(self) -> tuple[RegisteredSite, ...]:
        """The place of origin and the packing house, where the lot names them."""
        named = (self.origin, self.packing_house)
        return tuple(dict.fromkeys(site for site in named if site))

    def find_site(self, code: str) -> RegisteredSite | None:
        """The place of the lot with this code, if it is one of them."""
        return next((site for site in self.sites if site.code == code), None)

    def to_canonical_json(self) -> bytes:
        """The document as UTF-8, names sorted, no spaces: equal lots give equal bytes."""
        text = json.dumps(
            self.to_document(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return text.encode()


def _check_derived(stated: int | None, derived: int | None) -> int | None:
    if stated is not None and stated != derived:
        follows = "nothing" if derived is None else format_rfc3339(derived)
        raise RefusedValue(f"from the stages follows {follows}", "derived", follows=follows)
    return derived
