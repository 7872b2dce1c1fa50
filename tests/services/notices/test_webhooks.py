"""Who may have events of an organisation sent where."""

import pytest

from ledger.errors import UnknownRow
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretLocked, SecretSeal, no_keys
from services.errors import Forbidden, InvalidInput
from services.notices import webhooks
from services.notices.webhooks import OVERLAP_MS, WebhookRequest, check_url
from tests.services.office import Office

SEAL = SecretSeal(SEAL_PURPOSE, lambda: [b"k" * 32])
URL = "https://example.vn/hook"


def request(organisation: str, *events: str, url: str = URL) -> WebhookRequest:
    return WebhookRequest(organisation, url, events or ("batch.issued",), " Kho ")


async def test_a_secret_is_told_once_sealed_at_rest_and_replaced_with_an_overlap(
    office: Office,
) -> None:
    press = office.context("press")
    made = await webhooks.add_webhook(press, SEAL, request("in-mekong"))
    kept = await webhooks.get_webhook(press, made.webhook.id)
    assert made.secret not in repr(kept)
    assert SEAL.open(kept.id, kept.secret) == made.secret
    with pytest.raises(SecretLocked):
        SEAL.open("wh_other", kept.secret)
    rotated = await webhooks.rotate_secret(press, SEAL, kept.id)
    sealed = rotated.webhook.list_secrets(office.now)
    assert [SEAL.open(kept.id, one) for one in sealed] == [rotated.secret, made.secret]
    assert len(rotated.webhook.list_secrets(office.now + OVERLAP_MS)) == 1
    assert (kept.label, kept.made_by) == ("Kho", "press")
    entries = [one for one in await office.ledger.audit.list_after() if "webhook" in one.action]
    assert [one.action for one in entries] == ["webhook.add", "webhook.rotate"]
    assert "whsec_" not in repr(entries)


async def test_an_account_manages_the_webhooks_of_its_own_organisation_alone(
    office: Office,
) -> None:
    made = await webhooks.add_webhook(office.context("press"), SEAL, request("in-mekong"))
    foreign = office.context("other-press")
    with pytest.raises(Forbidden):
        await webhooks.add_webhook(foreign, SEAL, request("in-mekong"))
    with pytest.raises(Forbidden):
        await webhooks.list_webhooks(foreign, "in-mekong")
    assert await webhooks.list_webhooks(foreign, None) == []
    assert await webhooks.list_webhooks(office.context("authority"), None) == []
    id_ = made.webhook.id
    for refused in (
        webhooks.get_webhook(foreign, id_),
        webhooks.change_webhook(foreign, id_, "", ["batch.issued"]),
        webhooks.rotate_secret(foreign, SEAL, id_),
        webhooks.enable_webhook(foreign, id_),
        webhooks.disable_webhook(foreign, id_),
        webhooks.remove_webhook(foreign, id_),
        webhooks.send_test(foreign, id_),
        webhooks.resend_notice(foreign, id_, "msg_1"),
    ):
        with pytest.raises(UnknownRow):
            await refused
    for who in ("inspector", "issuer"):
        with pytest.raises(Forbidden):
            await webhooks.list_webhooks(office.context(who), "in-mekong")
    assert await webhooks.list_webhooks(office.context("press"), "in-mekong") == [made.webhook]


async def test_only_events_of_its_part_are_asked_for(office: Office) -> None:
    press = office.context("press")
    for events in ((), ("alert.opened",), ("stamps.activated",), ("batch.issued", "x")):
        with pytest.raises(InvalidInput) as refused:
            await webhooks.add_webhook(press, SEAL, WebhookRequest("in-mekong", URL, events))
        assert refused.value.evidence["field"] == "events"
    with pytest.raises(SecretLocked):
        await webhooks.add_webhook(press, SecretSeal("webhook", no_keys), request("in-mekong"))
    made = await webhooks.add_webhook(press, SEAL, request("in-mekong"))
    changed = await webhooks.change_webhook(press, made.webhook.id, "", ["bundle.ready"])
    assert changed.events == ("bundle.ready",)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.vn", "http://example.vn/", "https://", "https:///x", "ftp://example.vn",
        "https://user:secret@example.vn/", "https://example.vn/#part", "https://exa mple.vn/",
        "https://example.vn:25/", "https://example.vn:99999/", "https://ví-dụ.vn/",
        "https://localhost/", "https://redis/", "https://printer.local/", "https://10.0.0.1/",
        "https://[::1]/", "https://169.254.169.254/latest", "https://2130706433/", "https://1.1/",
        "https://metadata.google.internal/", "https://example.vn/" + "x" * 500,
        "https://example.vn/\x00", "https://[::ffff:10.0.0.1]/", "https://a.localhost",
    ],
)  # fmt: skip
def test_an_address_that_can_be_no_receiver_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_url(url)
    assert refused.value.evidence["expected"] in ("https_url", "public_url")
