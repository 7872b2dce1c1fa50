"""A lot: the produce that a stamp vouches for, with the minimum data of its trace.

The document is plain JSON (`docs/lot.md` describes it); reading puts codes in their canonical
form and refuses what is malformed, misspelt or impossible. A lot may lack data and still be kept,
but then it can not be bound to stamps: `missing` names the mandatory items lacking, by the table
in `traceability.requirements`.

>>> lot = Lot.from_document({"code": "L1", "product": {"code": "ri6", "name": {"vi": "Sầu riêng"}}})
>>> lot.missing()[:3]
['product_image', 'producer', 'producer_address']
>>> lot.document()
{'code': 'L1', 'product': {'code': 'ri6', 'name': {'vi': 'Sầu riêng'}}}
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stamps.timestamps import format_rfc3339
from traceability import requirements
from traceability.areas import CODES, AreaCodes
from traceability.gs1_values import check_lot_number
from traceability.parties import Party, Site, present
from traceability.products import Product
from traceability.reading import Fields, MalformedLot
from traceability.stages import Stage, Step, begun, check_order

DAY_MS: Final = 86_400_000
LONGEST_SHELF_LIFE: Final = 3650  # days


@dataclass(frozen=True)
class Standard:
    """A standard that was applied (VietGAP, GlobalG.A.P. …), with its certificate if any."""

    name: str
    certificate: str | None = None

    def document(self) -> dict[str, Any]:
        """The standard as JSON."""
        return present(name=self.name, certificate=self.certificate)

    @classmethod
    def read(cls, fields: Fields) -> "Standard":
        """Read it.

        Raises:
            MalformedLot: a field that is missing, malformed or unknown.
        """
        standard = cls(fields.text("name"), fields.maybe_text("certificate"))
        fields.done()
        return standard


@dataclass(frozen=True)
class Lot:
    """One lot. `code` has at most 20 characters of GS1's set, so that AI (10) can carry it.

    `market` names the countries it is meant for (ISO 3166-1, two letters); none named, any.
    """

    code: str
    product: Product
    producer: Party | None = None
    growing_area: Site | None = None
    packing_house: Site | None = None
    steps: tuple[Step, ...] = ()
    brand: str | None = None
    shelf_life_days: int | None = None
    standards: tuple[Standard, ...] = ()
    market: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_order(self.steps)

    @property
    def harvested_at(self) -> int | None:
        """When the first of it was harvested, milliseconds."""
        return begun(self.steps, Stage.HARVESTED)

    @property
    def packed_at(self) -> int | None:
        """When the first of it was packed, milliseconds."""
        return begun(self.steps, Stage.PACKED)

    def expires_at(self) -> int | None:
        """End of its shelf life, counted from packing, milliseconds; None when it has none."""
        if self.packed_at is None or self.shelf_life_days is None:
            return None
        return self.packed_at + self.shelf_life_days * DAY_MS

    def site(self, code: str) -> Site | None:
        """The growing area or packing house of the lot with this code, if it is one of them."""
        sites = (self.growing_area, self.packing_house)
        return next((site for site in sites if site and site.code == code), None)

    def missing(self, rules: Iterable[requirements.Rule] = requirements.Rule) -> list[str]:
        """Names of the mandatory items that the lot lacks by these rules (all by default)."""
        return requirements.missing(self, rules)

    def document(self) -> dict[str, Any]:
        """The lot as JSON, absent fields left out, with the times that follow from the stages."""
        times = {
            "harvested_at": self.harvested_at,
            "packed_at": self.packed_at,
            "expires_at": self.expires_at(),
        }
        return present(
            code=self.code,
            product=self.product.document(),
            producer=self.producer and self.producer.document(),
            growing_area=self.growing_area and self.growing_area.document(),
            packing_house=self.packing_house and self.packing_house.document(),
            stages=[step.document() for step in self.steps] or None,
            brand=self.brand,
            shelf_life_days=self.shelf_life_days,
            standards=[standard.document() for standard in self.standards] or None,
            market=list(self.market) or None,
            **{name: None if at is None else format_rfc3339(at) for name, at in times.items()},
        )

    def canonical(self) -> bytes:
        """The document as bytes: UTF-8, names sorted, no spaces; equal lots give equal bytes."""
        text = json.dumps(
            self.document(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return text.encode()

    @classmethod
    def from_document(cls, document: Mapping[str, Any], codes: AreaCodes = CODES) -> "Lot":
        """Read a lot from its document.

        Raises:
            MalformedLot: naming the field and the reason.
        """
        fields = Fields(document)
        code = fields.checked("code", _lot_code)
        if code is None:
            raise MalformedLot(field="code", why="is missing")
        product = Product.read(fields.fields("product"))
        producer, area = fields.maybe_fields("producer"), fields.maybe_fields("growing_area")
        house = fields.maybe_fields("packing_house")
        lot = cls(
            code,
            product,
            Party.read(producer) if producer else None,
            _site(area, codes.growing_area),
            _site(house, codes.packing_house),
            tuple(Step.read(step) for step in fields.each("stages")),
            fields.maybe_text("brand"),
            _days(fields.maybe_number("shelf_life_days", 1, LONGEST_SHELF_LIFE)),
            tuple(Standard.read(standard) for standard in fields.each("standards")),
            fields.codes("market", "[A-Z]{2}"),
        )
        # These follow from the stages; a document may repeat them but not contradict them.
        derived = {
            "harvested_at": lot.harvested_at,
            "packed_at": lot.packed_at,
            "expires_at": lot.expires_at(),
        }
        for name, at in derived.items():
            said = fields.maybe_time(name)
            if said is not None and said != at:
                follows = "nothing" if at is None else format_rfc3339(at)
                raise MalformedLot(field=name, why=f"from the stages follows {follows}")
        fields.done()
        return lot


def _lot_code(text: str) -> str:
    return check_lot_number(text)


def _site(fields: Fields | None, read: Callable[[str], str]) -> Site | None:
    if fields is None:
        return None
    code = fields.checked("code", read)
    if code is None:
        raise MalformedLot(field=fields.at("code"), why="is missing")
    return Site.read(fields, code)


def _days(number: float | None) -> int | None:
    if number is None:
        return None
    if number != int(number):
        raise MalformedLot(field="shelf_life_days", why="must be whole days")
    return int(number)
