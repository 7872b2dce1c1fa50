"""A public service with links of some GS1 keys of one organisation."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ledger import KeyOwner, Ledger, LinkSetRow, Organisation
from tests.resolver.house import House, a_house
from traceability.links.anchor import name_link_set
from traceability.links.link_set import LinkTarget

GTIN, OTHER = "08935000000014", "08935000000021"
GLN = "8935000000014"
ITEM, PLACE, LOT = f"/01/{GTIN}", f"/414/{GLN}", f"/01/{GTIN}/10/L%2F7"
ROOT = "https://veritem.vn"


def link(path: str, type_: str = "pip", *languages: str, media: str | None = None) -> LinkTarget:
    """A link to a page of the organisation."""
    return LinkTarget(type_, f"https://kp.vn/{path}", f"Tiêu đề {path}", languages, media)


LINKS: Mapping[str, Sequence[LinkTarget]] = {
    ITEM: [
        link("vi", "pip", "vi", media="text/html"),
        link("en", "pip", "en", media="text/html"),
        link("recipe?x=1#top", "recipeInfo"),
        link("retail-a", "hasRetailers"),
        link("retail-b", "hasRetailers"),
        LinkTarget("pip", "https://gone.vn/", "Bị thu hồi"),
    ],
    LOT: [link("lot", "traceability")],
    PLACE: [link("place", "locationInfo")],
}


async def publish(ledger: Ledger, anchor: str, links: Sequence[LinkTarget]) -> None:
    """Add the links of a key."""
    row = LinkSetRow(
        name_link_set(anchor), anchor, "kp", "Ri6", [one.to_document() for one in links]
    )
    await ledger.link_sets.add(row, actor="mai")


@asynccontextmanager
async def a_linked_house(
    directory: Path, links: Mapping[str, Sequence[LinkTarget]] = LINKS
) -> AsyncIterator[House]:
    """A house whose ledger has these links; `gone.vn` is no host of their owner."""
    async with a_house(directory, public_url=ROOT, gtin=GTIN) as house:
        ledger = house.ledger
        await ledger.organisations.add(Organisation("kp", "packer", "KP"))
        owner = KeyOwner("kp", ("8935000",), ("kp.vn",))
        await ledger.key_owners.replace(owner, seen=KeyOwner("kp"), actor="an")
        for anchor, targets in links.items():
            await publish(ledger, anchor, targets)
        await house.dependencies.batch_cache.refresh()
        yield house
