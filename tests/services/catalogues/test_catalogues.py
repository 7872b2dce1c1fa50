"""Catalogues say what the code works with, and a change of one is a version."""

import pytest

from desk.texts import find_labels
from ledger import ProductRow
from services.catalogues.catalogues import (
    PRODUCTS,
    build_catalogue,
    get_catalogue,
    list_catalogues,
    read_version_table,
)
from services.catalogues.code_lists import CODE, CODE_LISTS
from services.catalogues.metadata import describe_as_dcat
from services.errors import InvalidInput, UnknownCatalogue
from tests.services.office import Office
from web.i18n import LANGUAGES

LISTS = {name: build_catalogue(one, find_labels) for name, one in CODE_LISTS.items()}


@pytest.mark.parametrize("name", CODE_LISTS)
def test_a_list_that_changed_has_a_new_version(name: str) -> None:
    last = read_version_table()[name][-1]
    assert last["digest"] == LISTS[name].digest, "run python -m cli.catalogue_versions"


@pytest.mark.parametrize("name", CODE_LISTS)
def test_every_entry_has_a_code_of_its_own_and_a_name_in_each_language(name: str) -> None:
    found = LISTS[name]
    codes = [row[CODE] for row in found.rows]
    assert len(codes) == len(set(codes)) > 0
    assert all(set(row) == set(found.columns) for row in found.rows)
    assert all(row[language] for row in found.rows for language in LANGUAGES)


def test_entries_are_found_by_a_text_and_read_page_by_page() -> None:
    wards = LISTS["wards"]
    assert len(wards.rows) == 3321
    first = wards.find_page(limit=2)
    second = wards.find_page(limit=2, after=first.next)
    assert [row[CODE] for row in second.items] == [row[CODE] for row in wards.rows[2:4]]
    found = wards.find_page("buôn ma thuột")
    assert found.items
    assert found.next is None
    with pytest.raises(InvalidInput):
        wards.find_page(after="none")


async def test_products_are_a_catalogue_whose_version_follows_from_its_content(
    office: Office,
) -> None:
    context = office.context("packer")
    before = await get_catalogue(context, PRODUCTS, find_labels)
    await office.ledger.products.add(ProductRow("mit", {"vi": "Mít"}))
    after = await get_catalogue(context, PRODUCTS, find_labels)
    assert before.version.version == before.digest != after.version.version
    assert {row[CODE] for row in after.rows} == {row[CODE] for row in before.rows} | {"mit"}
    with pytest.raises(UnknownCatalogue):
        await get_catalogue(context, "none", find_labels)


async def test_the_metadata_name_version_authority_and_files(office: Office) -> None:
    found = await list_catalogues(office.context("packer"), find_labels)
    document = describe_as_dcat(found, "https://desk.example/api/v1/catalogues")
    units = {one["dct:identifier"]: one for one in document["dcat:dataset"]}["units"]
    assert units["dcat:version"] == LISTS["units"].version.version
    assert units["dct:publisher"]["foaf:name"] == "UN/CEFACT"
    addresses = [one["dcat:downloadURL"]["@id"] for one in units["dcat:distribution"]]
    assert addresses == [f"{units['@id']}/files/{form}" for form in ("csv", "xlsx")]
