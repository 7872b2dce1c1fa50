"""Webhooks at the desk: by page and by API."""

from playwright.async_api import Browser

from desk.texts import TEXTS
from ledger.notices.notices import Attempt
from tests.accessibility import find_flaws
from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_browser import sign_in

URL = "https://example.vn/veritem"
EVENTS = {"event.order.decided": "yes", "event.stamps.activated": "yes"}


async def fail_first(desk: RunningDesk, webhook: str) -> None:
    """A message that died."""
    await desk.ledger.notices.relay()
    [notice, *_] = await desk.ledger.notices.list_due(webhook, limit=9)
    late = notice.expires_at
    attempt = Attempt(desk.clock(), 500, "refused", "<b>kho đầy</b>", late, desk.clock())
    await desk.ledger.notices.record(notice, attempt)


async def test_a_packer_adds_a_webhook_sees_what_failed_and_sends_it_again(
    desk: RunningDesk,
) -> None:
    say = TEXTS["vi"]
    async with somebody(desk, "mai") as packer:
        page = await packer.get("/webhooks")
        assert say("webhooks.none") in page.text
        base = {"organisation": "krong-pac", "events": "", "label": "Kho"}
        wrong = {**base, "url": "http://10.0.0.1/", "password": "x"}
        refused = await packer.submit(page, "/webhooks", **wrong)
        assert refused.status == 400
        for flaw in ("flaw.https_url", "flaw.webhook_events"):
            assert say(flaw) in refused.text
        assert 'value="http://10.0.0.1/"' in refused.html
        asked = {**base, **EVENTS, "url": URL}
        wrong_password = await packer.submit(page, "/webhooks", **asked, password="no")
        assert wrong_password.status == 401
        page = await packer.submit(page, "/webhooks", **asked, password=PASSWORD)
        assert "whsec_" in page.html
        address = page.path
        assert "whsec_" not in (await packer.get(address)).html
        [webhook] = await desk.ledger.webhooks.list("krong-pac")
        assert (webhook.events, webhook.url) == (("order.decided", "stamps.activated"), URL)
        await desk.batch(10)
        await fail_first(desk, webhook.id)
        page = await packer.get(f"{address}?state=dead")
        assert "&lt;b&gt;kho đầy&lt;/b&gt;" in page.html
        assert say.plural("webhooks.dead_count", 1) in (await packer.get("/webhooks")).text
        notice = page.hidden("notice")
        page = await packer.submit(page, f"{address}/resend", notice=notice)
        assert say("webhooks.resent") in page.text
        page = await packer.submit(page, f"{address}/test")
        assert say("webhooks.test_sent") in page.text
        page = await packer.submit(page, f"{address}/rotate", password=PASSWORD)
        assert "whsec_" in page.html
        page = await packer.submit(page, f"{address}/disable")
        assert say("webhooks.disabled_lead") in page.text
        page = await packer.submit(page, f"{address}/enable")
        page = await packer.submit(page, address, label="Kho 2", events="", **EVENTS)
        assert say("webhooks.changed") in page.text
        page = await packer.submit(page, f"{address}/remove", sure="yes")
        assert say("webhooks.removed") in page.text
        assert (await packer.get(address)).status == 404
    async with somebody(desk, "thanh") as inspector:
        assert (await inspector.get("/webhooks")).status == 403


async def test_webhooks_by_api_are_of_ones_own_organisation(desk: RunningDesk) -> None:
    proof = {"password": PASSWORD}
    body = {"url": URL, "events": ["batch.issued"], "label": "Máy in", **proof}
    wrong = await desk.call("in", "POST", "/webhooks", {**body, "password": "x"}, key="add")
    assert wrong.status == 401
    assert (await desk.call("in", "POST", "/webhooks", body)).status == 400  # without a key
    made = await desk.fetch("in", "POST", "/webhooks", body, key="add")
    assert made["secret"].startswith("whsec_")
    again = await desk.call("in", "POST", "/webhooks", body, key="add")
    assert again.status == 409  # its secret was told once
    path = f"/webhooks/{made['id']}"
    shown = await desk.fetch("in", "GET", path)
    assert "secret" not in shown
    assert (await desk.fetch("in", "GET", "/webhooks"))["webhooks"] == [shown]
    for who, status in (("in2", 404), ("mai", 404), ("thanh", 403), (None, 401)):
        assert (await desk.call(who, "GET", path)).status == status
        assert (await desk.call(who, "POST", f"{path}/rotate", proof)).status == status
    others = {**body, "organisation": "in-mekong"}
    foreign = await desk.call("in2", "POST", "/webhooks", others, key="other")
    assert foreign.status == 403
    inner = {**body, "url": "https://10.0.0.1/"}
    bad = await desk.call("in", "POST", "/webhooks", inner, key="bad")
    assert (bad.status, (await bad.json())["field"]) == (400, "url")
    number = await desk.batch(10)
    await fail_first(desk, made["id"])
    page = await desk.fetch("in", "GET", f"{path}/notices?state=dead&limit=1")
    [notice] = page["notices"]
    assert (notice["status"], notice["event"], page["next"]) == (500, "batch.issued", None)
    assert f'"batch":{number}' in notice["body"]
    resend = f"{path}/notices/{notice['id']}/resend"
    again = await desk.fetch("in", "POST", resend, key="r1")
    assert (again["id"], again["state"]) == (notice["id"], "waiting")
    await fail_first(desk, made["id"])
    assert (await desk.fetch("in", "POST", resend, key="r1"))["state"] == "dead"  # done already
    assert (await desk.fetch("in", "POST", resend, key="r2"))["state"] == "waiting"
    tested = await desk.fetch("in", "POST", f"{path}/test", key="t1")
    assert tested["event"] == "webhook.tested"
    assert (await desk.fetch("in", "POST", f"{path}/test", key="t1"))["id"] == tested["id"]
    assert (await desk.fetch("in", "POST", f"{path}/test", key="t2"))["id"] != tested["id"]
    assert (await desk.call("in", "POST", f"{path}/rotate", {"password": "x"})).status == 401
    rotated = await desk.fetch("in", "POST", f"{path}/rotate", proof)
    assert rotated["former_secret_until"] is not None
    assert (await desk.fetch("in", "PUT", path, {"events": ["bundle.ready"]}))["label"] == ""
    assert (await desk.fetch("in", "POST", f"{path}/disable"))["state"] == "disabled"
    assert (await desk.call("in", "POST", f"{path}/test", key="t3")).status == 409
    assert (await desk.fetch("tri", "POST", f"{path}/enable"))["state"] == "active"
    assert len((await desk.fetch("tri", "GET", "/webhooks"))["webhooks"]) == 1
    assert (await desk.fetch("in", "DELETE", path))["state"] == "removed"
    assert (await desk.call("in", "GET", path)).status == 404


async def test_the_pages_fit_a_phone_and_can_be_read_by_everybody(
    desk: RunningDesk, browser: Browser
) -> None:
    body = {"url": URL, "events": ["batch.issued", "order.decided"], "label": "Hệ thống kho"}
    body["password"] = PASSWORD
    made = await desk.fetch("mai", "POST", "/webhooks", body, key="add")
    await desk.batch(10)
    await fail_first(desk, made["id"])
    page = await browser.new_page(viewport={"width": 320, "height": 700}, locale="vi-VN")
    await sign_in(page, desk, "mai")
    for path in ("/webhooks", f"/webhooks/{made['id']}"):
        await page.goto(desk.url + path)
        await page.get_by_text("Hệ thống kho").first.wait_for()
        assert await find_flaws(page) == []
    await page.close()
