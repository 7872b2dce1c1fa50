"""Links of GS1 keys: an organisation edits those of its own keys, within its own hosts."""

from dataclasses import replace

import pytest

from ledger import PlaceRow
from ledger.errors import AlreadyExists, RowChanged, UnknownRow
from services.errors import Forbidden, InvalidInput
from services.links import key_owners, link_sets
from services.links.link_sets import LinkSetRequest
from services.organisations.registry import compute_version
from services.paging import PageRequest
from tests.services.office import Office
from traceability.links.link_set import LinkTarget, MalformedLink

GTIN = "08935000000014"
GLN = "8935000000014"
KEY = f"(01){GTIN}"
LINK = LinkTarget("gs1:pip", "https://krongpac.vn/ri6", "Ri6")
VIDEO = LinkTarget("relatedVideo", "https://krongpac.vn/video", "Video")


async def own(office: Office, organisation: str = "krong-pac", prefix: str = "8935000") -> None:
    await key_owners.change_key_owner(
        office.context("operator"), organisation, [prefix], [f"{organisation.replace('-', '')}.vn"]
    )


@pytest.fixture
async def owned(office: Office) -> Office:
    await own(office)
    return office


async def test_an_organisation_edits_the_links_of_its_keys(owned: Office) -> None:
    packer = owned.context("packer")
    added = await link_sets.add_link_set(packer, LinkSetRequest(KEY, " Ri6 ", (LINK,)))
    assert (added.anchor, added.organisation, added.description) == (
        f"/01/{GTIN}",
        "krong-pac",
        "Ri6",
    )
    assert await link_sets.add_link_set(packer, LinkSetRequest(KEY, "Ri6", (LINK,))) == added
    colleague = owned.context("packer2")
    row = await link_sets.put_link(colleague, added.id, VIDEO, at=None, version=1)
    row = await link_sets.move_link_up(colleague, added.id, 1, version=row.version)
    shown = await link_sets.get_link_set(packer, added.id)
    assert [link.type for link in shown.links] == ["relatedVideo", "pip"]
    assert (shown.row.version, shown.row.saved_by, shown.is_own) == (3, "packer2", True)
    row = await link_sets.take_link_away(packer, added.id, 0, version=3)
    assert link_sets.read_links(row.links) == (replace(LINK, type="pip"),)
    acts = [entry.action for entry in await owned.ledger.audit.list_after(0)]
    assert acts[-5:] == ["links.owner", "links.add", *["links.replace"] * 3]
    await link_sets.remove_link_set(packer, added.id, version=4)
    with pytest.raises(UnknownRow):
        await link_sets.get_link_set(packer, added.id)


async def test_what_another_person_saved_meanwhile_is_not_overwritten(owned: Office) -> None:
    packer = owned.context("packer")
    added = await link_sets.add_link_set(packer, LinkSetRequest(KEY, "", (LINK,)))
    await link_sets.put_link(packer, added.id, VIDEO, at=None, version=1)
    for edit in (
        link_sets.put_link(packer, added.id, replace(VIDEO, title="x"), at=None, version=1),
        link_sets.change_link_set(packer, added.id, "x", [LINK], version=1),
        link_sets.take_link_away(packer, added.id, 0, version=1),
        link_sets.remove_link_set(packer, added.id, version=1),
    ):
        with pytest.raises(RowChanged):
            await edit
    with pytest.raises(AlreadyExists):
        await link_sets.add_link_set(packer, LinkSetRequest(KEY, "other"))
    assert len((await link_sets.get_link_set(packer, added.id)).links) == 2


async def test_nobody_edits_links_of_foreign_keys(owned: Office) -> None:
    await own(owned, "tan-phuoc", "8936000")
    added = await link_sets.add_link_set(owned.context("packer"), LinkSetRequest(KEY))
    stranger = owned.context("other-packer")
    with pytest.raises(InvalidInput, match="not a key of your organisation"):
        await link_sets.add_link_set(stranger, LinkSetRequest(f"{KEY}(10)L1"))
    with pytest.raises(UnknownRow):
        await link_sets.get_link_set(stranger, added.id)
    with pytest.raises(UnknownRow):
        await link_sets.put_link(stranger, added.id, LINK, at=None, version=None)
    assert (await link_sets.list_link_sets(stranger, "krong-pac", PageRequest())).items == []
    for who in ("press", "inspector", "authority"):
        with pytest.raises(Forbidden):
            await link_sets.add_link_set(owned.context(who), LinkSetRequest(KEY))
    authority = owned.context("authority")
    assert not (await link_sets.get_link_set(authority, added.id)).is_own
    assert len((await link_sets.list_link_sets(authority, None, PageRequest())).items) == 1


async def test_a_key_that_moved_to_another_organisation_is_no_longer_edited(owned: Office) -> None:
    added = await link_sets.add_link_set(owned.context("packer"), LinkSetRequest(KEY))
    operator = owned.context("operator")
    await key_owners.change_key_owner(operator, "krong-pac", [], ["krongpac.vn"])
    with pytest.raises(UnknownRow):
        await link_sets.change_link_set(owned.context("packer"), added.id, "x", [], version=1)
    await link_sets.change_link_set(operator, added.id, "x", [], version=1)


async def test_a_place_s_number_is_its_organisation_s(office: Office) -> None:
    await office.ledger.places.add(
        PlaceRow("kp-house", "packing_house", "KP", organisation="krong-pac", gln=GLN)
    )
    packer = office.context("packer")
    added = await link_sets.add_link_set(packer, LinkSetRequest(f"(414){GLN}(254)A"))
    assert added.anchor == f"/414/{GLN}/254/A"
    for text in (KEY, "(414)8935000000021"):
        with pytest.raises(InvalidInput, match="not a key"):
            await link_sets.add_link_set(packer, LinkSetRequest(text))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("", "no element"),
        ("(10)L7", "one primary key"),
        (f"{KEY}(21)0D9FRH4K0121V8Q02M5T", "is a stamp's"),
        (f"{KEY}(235)A", "is a stamp's"),
        (f"(8006){GTIN}0102(10)A(21)B", "beside a serial number"),
        (f"https://veritem.vn/01/{GTIN}/21/A/10/B", "as qualifier"),
        (f"(01){GTIN[:-1]}5", "check digit"),
    ],
)
async def test_other_keys_are_refused_with_the_reason(owned: Office, key: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        await link_sets.add_link_set(owned.context("packer"), LinkSetRequest(key))
    assert refused.value.field == "key"


async def test_links_lead_to_stated_hosts_alone(owned: Office) -> None:
    packer = owned.context("packer")
    evil = replace(LINK, href="https://evil.example/login")
    with pytest.raises(MalformedLink) as refused:
        await link_sets.add_link_set(packer, LinkSetRequest(KEY, "", (LINK, evil)))
    assert refused.value.field == "links[1].href"
    added = await link_sets.add_link_set(packer, LinkSetRequest(KEY, "", (LINK,)))
    with pytest.raises(Forbidden):
        await key_owners.change_key_owner(packer, "krong-pac", [], ["evil.example"])
    # A host that is taken back does not keep its owner from editing the other links.
    await key_owners.change_key_owner(
        owned.context("operator"), "krong-pac", ["8935000"], ["new.vn"]
    )
    new = LinkTarget("pip", "https://new.vn/", "x")
    await link_sets.put_link(packer, added.id, new, at=None, version=1)
    with pytest.raises(MalformedLink):
        await link_sets.put_link(packer, added.id, LINK, at=1, version=2)


@pytest.mark.parametrize("links", [41, 2000])
async def test_the_number_of_links_is_bounded(owned: Office, links: int) -> None:
    with pytest.raises(InvalidInput, match="at most 40"):
        await link_sets.add_link_set(
            owned.context("packer"), LinkSetRequest(KEY, "", (LINK,) * links)
        )


async def test_prefixes_are_one_organisation_s(owned: Office) -> None:
    operator = owned.context("operator")
    for prefix in ("8935000", "893500", "893500000", "8935000-0"):
        with pytest.raises(AlreadyExists, match="8935000"):
            await key_owners.change_key_owner(operator, "tan-phuoc", [prefix], [])
    await key_owners.change_key_owner(operator, "tan-phuoc", ["893 5001"], [])
    for prefix in ("893", "89350000000000", "abcdefg"):
        with pytest.raises(InvalidInput, match="6 to 12 digits"):
            await key_owners.change_key_owner(operator, "tan-phuoc", [prefix], [])


async def test_an_owner_is_changed_as_its_editor_saw_it(owned: Office) -> None:
    operator = owned.context("operator")
    seen = compute_version(await key_owners.get_key_owner(operator, "krong-pac"))
    change = key_owners.change_key_owner
    await change(operator, "krong-pac", ["8935000"], ["a.vn"], version=seen)
    with pytest.raises(RowChanged):
        await change(operator, "krong-pac", ["8935000"], ["b.vn"], version=seen)
    await change(operator, "krong-pac", ["8935000"], ["A.VN"], version=seen)
    with pytest.raises(UnknownRow):
        await key_owners.get_key_owner(owned.context("other-packer"), "krong-pac")


async def test_an_administrator_adds_links_for_the_owner_of_a_key(owned: Office) -> None:
    operator = owned.context("operator")
    added = await link_sets.add_link_set(operator, LinkSetRequest(KEY, "", (LINK,)))
    assert added.organisation == "krong-pac"
    with pytest.raises(InvalidInput, match="is needed"):
        await link_sets.add_link_set(operator, LinkSetRequest("(01)04012345999990"))
