"""Many GS1 keys with their links from one table: all of them, or none."""

import pytest

from services.errors import Forbidden, InvalidInput, UnreadLines
from services.links import link_sets
from services.links.link_table import MOST_LINES, add_link_table
from services.paging import PageRequest
from tests.services.links.test_link_sets import own
from tests.services.office import Office
from web.tables import split_rows

TABLE = """Mã GS1;Tên gọi;Loại liên kết;Địa chỉ;Tiêu đề;Ngôn ngữ;Ghi chú
(01)08935000000014;Sầu riêng Ri6;gs1:pip;https://krongpac.vn/ri6;Ri6;vi;x
;;pip;https://krongpac.vn/en;Durian;en, en-GB;
https://a.vn/01/08935000000014/10/L7;;traceability;https://krongpac.vn/l7;Lô L7;;
;;;;;;
(01) 08935000000014;;recipeInfo;https://krongpac.vn/che;Chè;vi;
"""


@pytest.fixture
async def owned(office: Office) -> Office:
    await own(office)
    return office


async def list_keys(office: Office) -> list[str]:
    page = await link_sets.list_link_sets(office.context("packer"), None, PageRequest())
    return [row.anchor for row in page.items]


async def test_lines_of_a_key_are_its_links_in_their_order(owned: Office) -> None:
    packer = owned.context("packer")
    item, lot = await add_link_table(packer, split_rows(TABLE))
    assert (item.anchor, item.description) == ("/01/08935000000014", "Sầu riêng Ri6")
    links = link_sets.read_links(item.links)
    assert [link.href.rpartition("/")[2] for link in links] == ["ri6", "en", "che"]
    assert links[1].hreflang == ("en", "en-GB")
    assert (lot.anchor, lot.version) == ("/01/08935000000014/10/L7", 1)
    # What Excel copies, and the same table again.
    again = await add_link_table(packer, split_rows(TABLE.replace(";", "\t")))
    assert again == [item, lot]


async def test_one_wrong_line_adds_nothing_and_every_wrong_line_is_named(owned: Office) -> None:
    packer = owned.context("packer")
    wrong = (
        "(01)04012345999990;;pip;https://krongpac.vn/;Không phải của mình;;\n"
        "(01)08935000000021;;pip;https://evil.example/;A;vi;\n"
        ";;nonsense;javascript:alert(1);A;tiếng Việt;\n"
        "(01)08935000000022;;pip;https://krongpac.vn/;A;;\n"
    )
    with pytest.raises(UnreadLines) as refused:
        await add_link_table(packer, split_rows(TABLE + wrong))
    lines = [(line, slug) for line, _, slug, _ in refused.value.evidence["lines"]]
    assert lines == [
        (7, "own_key"),
        (8, "link_host"),
        (9, "choose"),
        (9, "link_address"),
        (9, "link_languages"),
        (10, "gs1_key"),
    ]
    assert await list_keys(owned) == []


async def test_a_table_changes_no_key_that_has_other_links(owned: Office) -> None:
    packer = owned.context("packer")
    await add_link_table(packer, split_rows(TABLE))
    changed = TABLE.replace("/che", "/kem") + "(01)08935000000021;;pip;https://krongpac.vn/;A;;\n"
    with pytest.raises(UnreadLines) as refused:
        await add_link_table(packer, split_rows(changed))
    [(line, text, slug, _)] = refused.value.evidence["lines"]
    assert (line, text, slug) == (2, "(01)08935000000014", "linked_key")
    assert len(await list_keys(owned)) == 2


async def test_other_tables_are_refused(owned: Office) -> None:
    packer = owned.context("packer")
    header, first, *_ = TABLE.splitlines()
    for table, expected in (
        ("", "link_columns"),
        ("a;b\n1;2\n", "link_columns"),
        (header, "missing"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await add_link_table(packer, split_rows(table))
        assert refused.value.evidence["expected"] == expected
    with pytest.raises(UnreadLines, match="no key"):
        await add_link_table(packer, split_rows(f"{header}\n;;pip;https://krongpac.vn/;A;;"))
    with pytest.raises(InvalidInput, match=f"at most {MOST_LINES}"):
        await add_link_table(packer, split_rows("\n".join([header, *[first] * (MOST_LINES + 1)])))
    with pytest.raises(Forbidden):
        await add_link_table(owned.context("inspector"), split_rows(TABLE))
