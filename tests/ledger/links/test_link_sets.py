"""Link sets on both engines: versions, what the public is told, and what a change tells."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import KeyOwner, Ledger, LinkSetRow, Organisation, open_ledger
from ledger.errors import AlreadyExists, LinkSetsFull, RowChanged
from ledger.links import link_sets

ROOT = Path(__file__).parents[3]
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


async def test_of_several_sets_all_are_added_or_none(ledger: Ledger) -> None:
    rows = [a_row(id_) for id_ in "abc"]
    await ledger.link_sets.add(a_row("b", title="other"), actor="mai")
    with pytest.raises(AlreadyExists):
        await ledger.link_sets.add_all(rows, actor="mai")
    assert await ledger.link_sets.list_ids(after="", limit=9) == ["b"]
    await ledger.link_sets.remove("b", version=None, actor="mai")
    added = await ledger.link_sets.add_all(rows, actor="mai")
    assert await ledger.link_sets.add_all(rows, actor="lan") == added
    assert [row.saved_by for row in added] == ["mai"] * 3


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


# A writer that edits one link set as fast as it can and prints each version; the test kills it.
WRITER = """
import asyncio, sys
from ledger import LinkSetRow, open_ledger

async def main(url):
    async with await open_ledger(url) as ledger:
        for n in range(10_000):
            row = LinkSetRow("a", "/01/a", "kp", str(n), [])
            saved = await ledger.link_sets.replace(row, version=None, actor="mai")
            print(saved.version, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def start_writer(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


async def test_a_killed_edit_leaves_links_and_audit_entry_together(
    ledger: Ledger, url: str
) -> None:
    await ledger.link_sets.add(a_row("a"), actor="mai")
    process = start_writer(url)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(5)]
    os.kill(process.pid, signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.communicate()
    async with await open_ledger(url) as opened:
        row = await opened.link_sets.get("a")
        assert row.version - answered[-1] in (0, 1)
        told = await opened.audit.list_of_subject("link_sets:a", action="links.replace", limit=1)
        assert told[0].details["version"] == row.version
        assert (await opened.audit.verify()).ok
