"""What a key answers by language, and who saved it."""

import pytest

from ledger.errors import UnknownRow
from services.errors import InvalidInput
from services.links import link_answers, link_history, link_sets
from services.links.link_sets import LinkSetRequest
from tests.services.links.test_link_sets import KEY, LINK, own
from tests.services.office import Office
from traceability.links.link_set import LinkTarget

LOT = f"{KEY}(10)L7"
EN = LinkTarget("pip", "https://krongpac.vn/en", "Ri6", ("en",))
KHMER = LinkTarget("pip", "https://krongpac.vn/km", "Ri6", ("km",))


@pytest.fixture
async def linked(office: Office) -> Office:
    await own(office)
    packer = office.context("packer")
    await link_sets.add_link_set(packer, LinkSetRequest(KEY, "Ri6", (LINK, EN, KHMER)))
    return office


async def test_a_key_answers_with_its_own_links_and_those_above_it(linked: Office) -> None:
    packer = linked.context("packer")
    video = LinkTarget("relatedVideo", "https://krongpac.vn/v", "Video")
    lot = await link_sets.add_link_set(packer, LinkSetRequest(LOT, "", (video,)))
    found = await link_answers.find_link_answers(packer, lot.id)
    assert found.types == ("relatedVideo", "pip")
    assert {(one.anchor, one.links) for one in found.answers} == {(lot.anchor, (video,))}
    pages = await link_answers.find_link_answers(packer, lot.id, "gs1:pip")
    hrefs = {one.language: [link.href for link in one.links] for one in pages.answers}
    first = ["https://krongpac.vn/ri6"]
    assert hrefs == {"vi": first, "en": [EN.href], "zh": first, "km": [KHMER.href], None: first}
    none = await link_answers.find_link_answers(packer, lot.id, "epcis")
    assert {(one.anchor, one.links) for one in none.answers} == {(None, ())}
    with pytest.raises(InvalidInput, match="link type"):
        await link_answers.find_link_answers(packer, lot.id, "nonsense")


async def test_links_to_a_host_that_was_taken_back_answer_nobody(linked: Office) -> None:
    await own(linked, "tan-phuoc", "8936000")
    packer = linked.context("packer")
    lot = await link_sets.add_link_set(packer, LinkSetRequest(LOT, "", (LINK,)))
    owners = linked.ledger.key_owners
    known = await owners.get("krong-pac")
    await owners.replace(type(known)("krong-pac", known.prefixes), seen=known, actor="an")
    found = await link_answers.find_link_answers(packer, lot.id)
    assert (found.types, {one.links for one in found.answers}) == ((), {()})


async def test_a_stranger_sees_neither_answers_nor_edits(linked: Office) -> None:
    packer = linked.context("packer")
    lot = await link_sets.add_link_set(packer, LinkSetRequest(LOT, "", (LINK,)))
    await link_sets.take_link_away(packer, lot.id, 0, version=1)
    saves = await link_history.list_link_saves(packer, lot.id)
    assert [(save.action, save.version, save.links) for save in saves] == [
        ("replace", 2, []),
        ("add", 1, [("pip", "https://krongpac.vn/ri6")]),
    ]
    stranger = linked.context("other-packer")
    for ask in (link_answers.find_link_answers, link_history.list_link_saves):
        with pytest.raises(UnknownRow):
            await ask(stranger, lot.id)
