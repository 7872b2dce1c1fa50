"""A person's e-mail at the desk: asked for, confirmed, chosen for, stopped, removed."""

import json
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser

from desk.texts import TEXTS
from ledger.notices.mails import SEAL_PURPOSE, Mail, MailAttempt
from ledger.storage.secret_seal import SecretSeal
from tests.accessibility import find_flaws
from tests.accounts import add_accounts
from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_browser import sign_in

SAY = TEXTS["vi"]
SEAL = SecretSeal(SEAL_PURPOSE, lambda: [bytes(32)])
ASKED = {"address": "thanh@example.vn", "language": "vi", "password": PASSWORD}
CHOICE = {"level": "any", "language": "en", "digest_hour": "6"}


async def find_mails(desk: RunningDesk, purpose: str) -> list[Mail]:
    found = await desk.ledger.mails.find_page(state=None, limit=99)
    return [mail for mail in found if mail.purpose == purpose]


async def find_link(desk: RunningDesk) -> str:
    """The path of the newest link that confirms an address."""
    [mail] = [one for one in await find_mails(desk, "verify") if one.state == "waiting"]
    assert "confirm" not in mail.content  # sealed
    return str(json.loads(SEAL.open(mail.id, mail.content))["path"])


async def confirm(desk: RunningDesk, who: str, address: str) -> None:
    async with somebody(desk, who) as person:
        page = await person.get("/account/mail")
        asked = {**ASKED, "address": address}
        await person.submit(page, "/account/mail/address", **asked)
        link = await find_link(desk)
        page = await person.get(link)
        await person.submit(page, "/account/mail/confirm", token=token_of(link))


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


async def test_an_address_is_used_once_its_person_confirmed_it(desk: RunningDesk) -> None:
    async with somebody(desk, "thanh") as person:
        page = await person.get("/account/mail")
        assert SAY("mail.none") in page.text
        bad = await person.submit(page, "/account/mail/address", **{**ASKED, "address": "thanh@x"})
        assert bad.status in (400, 422)
        assert SAY("flaw.mail_address") in bad.text
        assert 'value="thanh@x"' in bad.html
        wrong = await person.submit(page, "/account/mail/address", **{**ASKED, "password": "no"})
        assert wrong.status == 401
        assert await find_mails(desk, "verify") == []
        page = await person.submit(page, "/account/mail/address", **ASKED)
        assert SAY("mail.link_sent") in page.text
        assert await desk.ledger.mail_addresses.find("thanh") is None
        link = await find_link(desk)
        page = await person.get(link)  # a preview opens it: nothing changes
        assert "thanh@example.vn" in page.text
        assert await desk.ledger.mail_addresses.find("thanh") is None
        page = await person.submit(page, "/account/mail/confirm", token=token_of(link))
        assert SAY("mail.confirmed") in page.text
        page = await person.get("/account")
        assert "thanh@example.vn" in page.text
        page = await person.get("/account/mail")
        again = await person.submit(page, "/account/mail/confirm", token=token_of(link))
        assert again.status == 410
        page = await person.submit(
            page, "/account/mail", **CHOICE, **{"kind.alert": "digest", "kind.recall": "never"}
        )
        assert SAY("mail.chosen") in page.text
        known = await desk.ledger.mail_addresses.find("thanh")
        assert known
        assert (known.level, known.language, known.digest_hour) == ("any", "en", 6)
        assert known.choices["alert"] == "digest"
        foreign = await person.submit(
            page, "/account/mail", **CHOICE, **{"kind.order_to_decide": "at_once"}
        )
        assert foreign.status in (400, 422)  # an inspector decides no orders
    entries = await desk.ledger.audit.list_after()
    assert {"mail.request", "mail.confirm", "mail.choose"} <= {entry.action for entry in entries}
    assert "thanh@example.vn" not in str(entries)  # the audit log is never erased


async def test_a_link_is_of_its_account_and_of_its_hour(desk: RunningDesk) -> None:
    async with somebody(desk, "thanh") as person, somebody(desk, "bo") as other:
        page = await person.get("/account/mail")
        await person.submit(page, "/account/mail/address", **ASKED)
        link = await find_link(desk)
        page = await other.get("/account/mail")
        taken = await other.submit(page, "/account/mail/confirm", token=token_of(link))
        assert taken.status == 410
        changed = await other.submit(page, "/account/mail/confirm", token=token_of(link)[:-2])
        assert changed.status == 410
        desk.clock.now += 25 * 3_600_000
        assert await desk.ledger.mail_addresses.find_request("thanh") is None
        async with somebody(desk, None) as stranger:
            page = await stranger.get(link)
            assert page.path.startswith("/sign-in")
    async with somebody(desk, "thanh") as person:
        page = await person.get("/account/mail")
        late = await person.submit(page, "/account/mail/confirm", token=token_of(link))
        assert late.status == 410
        for _ in range(5):
            page = await person.submit(page, "/account/mail/address", **ASKED)
        page = await person.submit(page, "/account/mail/address", **ASKED)
        assert page.status == 429
        assert 'value="thanh@example.vn"' in page.html


async def test_a_changed_and_a_removed_address_are_told(desk: RunningDesk) -> None:
    await confirm(desk, "thanh", "thanh@example.vn")
    await confirm(desk, "thanh", "moi@example.vn")
    [first] = await find_mails(desk, "changed")
    assert first.address == "thanh@example.vn"
    async with somebody(desk, "thanh") as person:
        page = await person.get("/account/mail")
        page = await person.submit(page, "/account/mail/test")
        assert SAY("mail.test_sent") in page.text
        page = await person.submit(page, "/account/mail/remove")
        assert SAY("mail.removed") in page.text
    assert await desk.ledger.mail_addresses.find("thanh") is None
    told = {mail.address for mail in await find_mails(desk, "changed")}
    assert told == {"thanh@example.vn", "moi@example.vn"}


async def test_a_mailbox_ends_notices_with_one_click_and_a_link_preview_does_not(
    desk: RunningDesk,
) -> None:
    await confirm(desk, "thanh", "thanh@example.vn")
    links = desk.dependencies.mail.links
    token = links.sign_stop("thanh", "thanh@example.vn", ["alert", "recall"])
    path = f"/mail/stop?token={token}"
    async with somebody(desk) as stranger:
        page = await stranger.get(path)
        assert SAY("mail_kind.alert") in page.text
        await stranger.get(path)
        known = await desk.ledger.mail_addresses.find("thanh")
        assert known
        assert known.choices == {}
        answer = await desk.session.post(
            desk.url + path, data={"List-Unsubscribe": "One-Click"}, allow_redirects=False
        )
        assert answer.status == 200
        known = await desk.ledger.mail_addresses.find("thanh")
        assert known
        assert known.choices == {"alert": "never", "recall": "never"}
        forged = await desk.session.post(
            desk.url + path[:-3], data={"List-Unsubscribe": "One-Click"}
        )
        assert forged.status == 410
        other = links.sign_stop("thanh", "other@example.vn", ["campaign"])
        former = await stranger.post("/mail/stop", {"token": other})
        assert former.status == 410
        page = await stranger.post("/mail/stop", {"token": token})
        assert SAY("mail.stopped") in page.text


async def test_administrators_see_dead_mails_and_send_them_again(desk: RunningDesk) -> None:
    await confirm(desk, "thanh", "thanh@example.vn")
    async with somebody(desk, "thanh") as person:
        page = await person.get("/account/mail")
        await person.submit(page, "/account/mail/test")
    [mail] = await find_mails(desk, "test")
    attempt = MailAttempt(
        desk.clock(), 550, "address-refused", "<b>no</b>", is_final=True, is_address_refused=True
    )
    await desk.ledger.mails.record(mail, attempt)
    async with somebody(desk, "thanh") as person:
        page = await person.get("/account/mail")
        assert SAY("mail.failing_lead") in page.text
        assert "&lt;b&gt;no&lt;/b&gt;" in page.html
        assert (await person.get("/mails")).status == 403
    async with somebody(desk, "tri") as administrator:
        page = await administrator.get("/mails")
        assert "thanh@example.vn" not in page.html
        assert "t…@example.vn" in page.text
        page = await administrator.submit(page, f"/mails/{mail.id}/resend")
        assert SAY("mails.resent") in page.text
    [again] = await find_mails(desk, "test")
    assert (again.state, again.id) == ("waiting", mail.id)
    listed = await desk.fetch("tri", "GET", "/mails?state=waiting")
    assert mail.id in [one["id"] for one in listed["mails"]]
    refused = await desk.call("tri", "POST", f"/mails/{mail.id}/resend")
    assert refused.status == 409  # it waits already


async def test_the_api_does_what_the_pages_do(desk: RunningDesk) -> None:
    own = await desk.fetch("mai", "GET", "/me/mail")
    assert own["address"] is None
    assert "alert" not in {one["kind"] for one in own["kinds"]}
    body = {"address": "mai@example.vn", "language": "zh", "password": PASSWORD}
    asked = await desk.fetch("mai", "POST", "/me/mail/address", body)
    assert asked["requested_address"] == "mai@example.vn"
    token = token_of(await find_link(desk))
    assert (await desk.call("lan", "POST", "/me/mail/confirm", {"token": token})).status == 410
    own = await desk.fetch("mai", "POST", "/me/mail/confirm", {"token": token})
    assert (own["address"], own["language"]) == ("mai@example.vn", "zh")
    choice = {"kinds": {"recall": "digest"}, "level": "any", "language": "vi", "digest_hour": 8}
    own = await desk.fetch("mai", "PUT", "/me/mail", choice)
    assert {"kind": "recall", "mode": "digest", "modes": ["at_once", "digest", "never"]} in own[
        "kinds"
    ]
    wrong = await desk.call("mai", "PUT", "/me/mail", {**choice, "kinds": {"alert": "at_once"}})
    assert wrong.status in (400, 422)
    assert (await desk.call("lan", "PUT", "/me/mail", choice)).status == 422
    assert (await desk.call("mai", "GET", "/mails")).status == 403
    own = await desk.fetch("mai", "DELETE", "/me/mail")
    assert own["address"] is None


async def test_the_link_of_an_invitation_goes_by_mail_sealed_until_it_is_sent(
    desk: RunningDesk,
) -> None:
    async with somebody(desk, "tri") as administrator:
        page = await administrator.get("/new-staff")
        asked = {
            "name": "Hoa", "account": "hoa", "role": "packer", "organisation": "krong-pac",
        }  # fmt: skip
        bad = await administrator.submit(page, "/new-staff", **asked, mail_to="hoa@x")
        assert SAY("flaw.mail_address") in bad.text
        assert 'value="hoa@x"' in bad.html
        page = await administrator.submit(page, "/new-staff", **asked, mail_to="hoa@example.vn")
        link = page.text.partition("/invitation#")[2].split()[0]
        [mail] = await find_mails(desk, "invitation")
        assert link.startswith("inv_")
        assert link not in mail.content
        assert json.loads(SEAL.open(mail.id, mail.content))["path"] == f"/invitation#{link}"
        page = await administrator.submit(page, "/staff/hoa/invitation", mail_to="hoa@example.vn")
        states = sorted(one.state for one in await find_mails(desk, "invitation"))
        assert states == ["dropped", "waiting"]  # the first link works no more
        attempt = MailAttempt(desk.clock())
        [waiting] = [one for one in await find_mails(desk, "invitation") if one.state == "waiting"]
        await desk.ledger.mails.record(waiting, attempt)
        assert {one.content for one in await find_mails(desk, "invitation")} == {""}
        await add_accounts(desk.ledger, "minh", "hai", role="administrator")
        body = {"with_codes": False, "mail_to": "mai@example.vn", "language": "zh"}
        await desk.fetch("tri", "POST", "/staff/mai/password-reset", body, key="r")
        [reset] = await find_mails(desk, "reset")
        assert (reset.address, reset.language) == ("mai@example.vn", "zh")
    entries = await desk.ledger.audit.list_after()
    assert "example.vn" not in str(entries)
    assert "inv_" not in str(entries)


async def test_hostile_addresses_are_refused(desk: RunningDesk) -> None:
    for address in (
        "a@b.vn\r\nBcc: x@y.vn", "a@b.vn,x@y.vn", "\"a b\"@c.vn", "a@b.vn>", "<a@b.vn>",
        "a@[10.0.0.1]", "a@localhost", f"{'a' * 65}@b.vn", "a..b@c.vn",
    ):  # fmt: skip
        body = {"address": address, "password": PASSWORD}
        answer = await desk.call("mai", "POST", "/me/mail/address", body)
        assert answer.status in (400, 422), address
    assert await find_mails(desk, "verify") == []


async def test_the_pages_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    await confirm(desk, "thanh", "thanh@example.vn")
    page = await browser.new_page(viewport={"width": 320, "height": 700}, locale="vi-VN")
    await sign_in(page, desk, "thanh")
    for path in ("/account/mail", "/account/mail/confirm?token=x", "/mail/stop"):
        await page.goto(desk.url + path)
        assert await find_flaws(page) == [], path
    await page.close()


def test_every_kind_and_failure_has_its_texts() -> None:
    from notices.mail_document import TEXTS as MAIL_TEXTS
    from services.home import _KINDS as TASKS
    from services.notices.mail_kinds import KINDS
    from services.proposals.proposal_kinds import KINDS as PROPOSALS

    for kind in KINDS:
        assert SAY.has(f"mail_kind.{kind}")
        assert MAIL_TEXTS["vi"].has(f"kind.{kind}")
    for proposal in PROPOSALS:
        assert MAIL_TEXTS["vi"].has(f"proposal.{proposal}")
    for task in TASKS:
        assert MAIL_TEXTS["vi"].has(f"task.{task.name}")
