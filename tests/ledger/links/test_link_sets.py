"""Link sets on both engines: versions, what the public is told, and what a change tells."""

import asyncio

import pytest

from ledger import KeyOwner, Ledger, LinkSetRow, Organisation
from ledger.errors import AlreadyExists, LinkSetsFull, RowChanged
from ledger.links import link_sets

LINK = {"type": "pip", "href": "https://a.vn/x", "title": "Sầu riêng"}


def a_row(id_: str, organisation: str = "kp", title: str = "Ri6") -> LinkSetRow:
    return LinkSetRow(id_, f"/01/{id_}", organisation, title, [LINK])


@pytest.fixture(autouse=True)
async def organisations(ledger: Ledger) -> None:
    for name in ("kp", "tp"):
        await ledger.organisations.add(Organisation(name, "packer", name))


async def test_of_two_editors_one_saves(ledger: Ledger) -> None:
    await ledger.link_sets.add(a_row("a"), actor="mai")

    async def save(title: str) -> LinkSetRow:
        return await ledger.link_sets.replace(a_row("a", title=title), version=1, actor=title)

    ended = await asyncio.gather(save("x"), save("y"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["LinkSetRow", "RowChanged"]
    assert (await ledger.link_sets.get("a")).version == 2
    with pytest.raises(RowChanged):
        await ledger.link_sets.remove("a", version=1, actor="mai")
    await ledger.link_sets.remove("a", version=2, actor="mai")
    await ledger.link_sets.remove("a", version=2, actor="mai")


async def test_lists_are_pages_by_anchor(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_sets, "MOST_LINK_SETS", 3)
    for id_ in ("c", "a", "b"):
        await ledger.link_sets.add(a_row(id_), actor="mai")
    with pytest.raises(LinkSetsFull):
        await ledger.link_sets.add(a_row("d"), actor="mai")
    await ledger.link_sets.add(a_row("d", "tp"), actor="mai")
    page = await ledger.link_sets.find_page(organisation="kp", after="/01/a", limit=9)
    assert [row.id for row in page] == ["b", "c"]
    page = await ledger.link_sets.find_page(organisation=None, after=None, limit=2)
    assert [row.id for row in page] == ["a", "b"]
    assert await ledger.link_sets.list_ids(after="b", limit=9) == ["c", "d"]


async def test_the_public_is_told_hosts_with_links_and_nothing_of_a_disabled_organisation(
    ledger: Ledger,
) -> None:
    await ledger.link_sets.add(a_row("a"), actor="mai")
    await ledger.link_sets.add(a_row("b", "tp"), actor="mai")
    heads = await ledger.changes.get_heads()
    nobody = KeyOwner("kp")
    await ledger.key_owners.replace(
        KeyOwner("kp", ("893500",), ("a.vn", "b.vn")), seen=nobody, actor="an"
    )
    told = await ledger.link_sets.get_published(["a", "b", "c"])
    assert told["a"].hosts == {"a.vn", "b.vn"}
    assert told["b"].links == [LINK]
    assert told["b"].hosts == frozenset()
    await ledger.link_sets.remove("b", version=1, actor="mai")
    changed = await ledger.changes.get_changes_after(heads)
    assert (changed.link_sets, changed.link_owners) == ({"b"}, {"kp"})
    await ledger.organisations.replace(Organisation("kp", "packer", "kp", disabled_at=1))
    assert await ledger.link_sets.get_published(["a"]) == {}


async def test_prefixes_of_two_organisations_do_not_overlap(ledger: Ledger) -> None:
    owners = ledger.key_owners
    await owners.replace(KeyOwner("kp", ("8935000",)), seen=KeyOwner("kp"), actor="an")
    for prefix in ("893500", "89350000"):
        with pytest.raises(AlreadyExists):
            await owners.replace(KeyOwner("tp", (prefix,)), seen=KeyOwner("tp"), actor="an")
    await owners.replace(KeyOwner("tp", ("8935001",)), seen=KeyOwner("tp"), actor="an")
    assert await owners.find_by_digits("8935000000014") == "kp"
    assert await owners.find_by_digits("8935001000014") == "tp"
    assert await owners.find_by_digits("8935") is None
    with pytest.raises(RowChanged):
        await owners.replace(KeyOwner("tp"), seen=KeyOwner("tp"), actor="an")
