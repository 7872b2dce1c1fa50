"""A desk with something on every page: orders, batches, lots, codes, alerts, proposals, devices."""

from ledger import AlertState, Order, RegisteredCode
from services.accounts import devices
from services.context import Actor, ServiceContext
from tests.attachments.photos import encode_photo
from tests.desk.running_desk import RunningDesk, lot_document

CODES = (
    RegisteredCode(
        "VN-ĐLOR-0123", "growing_area", "Vùng trồng Ea Kao", province="66", hectares=12.5
    ),
    RegisteredCode("VN-ĐLOR-0124", "growing_area", "Vườn Y Bih", organisation="y-bih-nie"),
    RegisteredCode(
        "VN-BTPH-036",
        "packing_house",
        "Cơ sở Bình Thuận",
        status="suspended",
        status_reason="dư lượng",
        organisation="tan-phuoc",
        valid_until="2027-12-31",
    ),
)


async def make_busy(desk: RunningDesk) -> None:
    """Fill a desk: each role has something to do, and each list has rows."""
    ledger = desk.ledger
    await ledger.registered_codes.change(
        [row.code for row in CODES], lambda _: CODES, action="add", actor="bo"
    )
    number = await desk.activated()
    owner = {"prefixes": ["8935000"], "hosts": ["krongpac.vn", "www.krongpac.vn"]}
    await desk.fetch("tri", "PUT", "/key-owners/krong-pac", owner, **{"If-Match": "*"})
    link = {"type": "gs1:pip", "href": "https://krongpac.vn/ri6", "title": "Sầu riêng Ri6"}
    links = [{**link, "hreflang": ["vi"]}, {**link, "title": "Durian Ri6", "hreflang": ["en"]}]
    links.append({"type": "recipeInfo", "href": "https://krongpac.vn/bep", "title": "Món ngon"})
    added = {"key": "(01)08935000000014", "description": "Sầu riêng Ri6", "links": links}
    await desk.fetch("mai", "POST", "/link-sets", added)
    await desk.fetch("mai", "POST", "/link-sets", {"key": "(414)8935000000014", "links": []})
    for carton, lo in (("389350000100000014", 10), ("T-2026-0018", 490)):
        packing = {"contents": [f"{number}·{lo}-{lo + 479}"]}
        await desk.fetch("mai", "POST", f"/cartons/{carton}/packings", packing, key=carton)
    packing = {"contents": ["389350000100000014"]}
    await desk.fetch("mai", "POST", "/cartons/P-2026-017/packings", packing, key="pallet")
    await desk.printed(500, product="ri6")
    await desk.batch(700)
    heard = await desk.alert(number, 1)
    await ledger.alerts.decide(heard, AlertState.INVESTIGATING, actor="thanh")
    [hearing] = await ledger.hearings.ask(heard, None, "Đã bán đi đâu?", actor="thanh")
    await ledger.hearings.answer(hearing.id, "Chợ Bến Thành", actor="mai", photos=[encode_photo()])
    await desk.campaign(number)
    await desk.leak(number)
    await desk.suspect_code("VN-ĐLOR-0123")
    await ledger.orders.add(
        Order("o-open", 2_000, "sealed", requested_by="mai", product="ri6", packer="krong-pac")
    )
    await ledger.orders.add(Order("o-approved", 900, "sealed", requested_by="cap"))
    await ledger.orders.approve("o-approved", "bo")
    draft = {"code": "L2", "product": {"code": "x", "name": {"vi": "Xoài"}}}
    await desk.fetch("mai", "PUT", "/lots/L2", draft)
    await desk.fetch("mai", "PUT", "/lots/L3", lot_document("L3"))
    await desk.fetch("thanh", "POST", "/recalls", {"batch": number, "reason": "ordered"}, key="r")
    partner = {"kind": "grower", "name": "Hộ ông Y Hoa Mlô"}
    await desk.fetch("mai", "POST", "/actor-invitations", partner, key="partner")
    grant = {"account": "lan", "role": "inspector"}
    await desk.fetch("tri", "POST", "/role-grants", grant, key="g")
    inspector = ServiceContext(ledger, Actor("thanh", "inspector"), desk.clock)
    await devices.add_device(inspector, "Điện thoại của Thanh")
    statement = "kind=drone&shows_from=2026-09-01&source=DJI&is_public=true"
    picture = {"Content-Type": "image/jpeg"}
    for who, code in (("y-bih", "VN-ĐLOR-0124"), ("thanh", "VN-ĐLOR-0123")):
        path = f"/registered-codes/{code}/evidence?{statement}"
        await desk.fetch(who, "POST", path, encode_photo(), key="evidence", **picture)
    finding = {"kind": "copy", "typed": f"{number}·2", "note": "Sạp 14"}
    await desk.fetch("thanh", "POST", "/field/findings", finding, key="finding")
