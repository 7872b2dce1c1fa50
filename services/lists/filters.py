"""Filters that several lists have: product, packer, print house, province."""

from typing import Final

from services.lists.description import ListFilter

PRODUCT_FILTER: Final = ListFilter("product", "product")
PACKER_FILTER: Final = ListFilter("packer", "organisation", organisation_kind="packer")
PRINT_HOUSE_FILTER: Final = ListFilter(
    "print_house", "organisation", organisation_kind="print_house"
)
PROVINCE_FILTER: Final = ListFilter("province", "province")
