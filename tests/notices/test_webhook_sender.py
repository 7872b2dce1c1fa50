"""A delivery goes over HTTPS to a public address, and a hostile receiver costs little."""

import base64
import time

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notices.webhook_sender import LONGEST_EXCERPT, SentAnswer, WebhookSender
from tests.notices.receivers import HOST, SetResolver, TestTls, drip, pour, run_receiver
from web.public_address import is_public_address

NEW, FORMER = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
BODY = '{"data":{},"type":"webhook.tested"}'


def allow_loopback(address: str) -> bool:
    return address == "127.0.0.1" or is_public_address(address)


def make_sender(tls: TestTls, resolver: SetResolver | None = None, **more: float) -> WebhookSender:
    return WebhookSender(
        seconds=more.get("seconds", 10.0),
        is_allowed=allow_loopback,
        tls=tls.client,
        resolver=resolver or SetResolver(["127.0.0.1"]),
    )


async def send(sender: WebhookSender, url: str) -> SentAnswer:
    now = time.time_ns() // 1_000_000
    async with sender:
        return await sender.send(url, "msg_1", BODY, [NEW, FORMER], at=now)


async def test_a_receiver_verifies_a_message_with_either_of_two_secrets(tls: TestTls) -> None:
    async with run_receiver(tls) as receiver:
        assert await send(make_sender(tls), receiver.url) == SentAnswer(204, None, "")
        [(headers, body)] = receiver.requests
        assert (headers["webhook-id"], headers["Content-Type"]) == ("msg_1", "application/json")
        for secret in (NEW, FORMER):
            assert Webhook(secret).verify(body, headers)["type"] == "webhook.tested"
        other = f"whsec_{base64.b64encode(bytes(32)).decode()}"
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify(body, headers)


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
async def test_no_redirect_is_followed_and_only_2xx_is_delivered(tls: TestTls, status: int) -> None:
    async with run_receiver(tls) as receiver:
        receiver.status = status
        told = await send(make_sender(tls), receiver.url)
        assert told.status == status
        assert told.failure == ("redirect" if status < 400 else "refused")
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("answer", [drip, pour])
async def test_an_answer_without_end_is_cut_off(tls: TestTls, answer: object) -> None:
    async with run_receiver(tls) as receiver:
        receiver.answer = answer  # type: ignore[assignment]
        began = time.monotonic()
        # What pours is given the time of a busy host: its bytes cut it off, and not the time.
        seconds = 0.5 if answer is drip else 10
        told = await send(make_sender(tls, seconds=seconds), receiver.url)
        assert time.monotonic() - began < 10
        # What pours has answered 200 within the bytes that are read; what drips has not in time.
        assert told.failure == ("timeout" if answer is drip else None)
        assert len(told.excerpt) <= LONGEST_EXCERPT


async def test_an_excerpt_has_no_control_characters(tls: TestTls) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=500, body=b"\0\x1b[31mno\xff")

    async with run_receiver(tls) as receiver:
        receiver.answer = answer
        told = await send(make_sender(tls), receiver.url)
        assert told.excerpt == "[31mno\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["127.0.0.2"],
        ["::1"],
        ["::ffff:127.0.0.2"],
        ["64:ff9b::a00:1"],
        ["fe80::1"],
        ["fd00:ec2::254"],
        ["192.168.1.1", "10.0.0.2"],
    ],
)
async def test_a_name_that_leads_to_no_public_address_is_refused(
    tls: TestTls, addresses: list[str]
) -> None:
    told = await send(make_sender(tls, SetResolver(addresses)), f"https://{HOST}/")
    assert told == SentAnswer(None, "address-refused")


async def test_an_address_in_the_url_is_judged_too(tls: TestTls) -> None:
    for host in ("127.0.0.3", "[::1]", "[::ffff:10.0.0.1]", "2130706434"):
        told = await send(make_sender(tls, SetResolver(["127.0.0.2"])), f"https://{host}/")
        assert told.failure in ("address-refused", "unknown-host"), host


async def test_a_name_that_changes_its_address_is_judged_by_the_one_that_is_connected_to(
    tls: TestTls,
) -> None:
    async with run_receiver(tls) as receiver:
        resolver = SetResolver(["127.0.0.1"], ["169.254.169.254"])
        sender = make_sender(tls, resolver)
        async with sender:
            told = [
                await sender.send(receiver.url, "msg_1", BODY, [NEW], at=1_000) for _ in range(2)
            ]
        assert [one.failure for one in told] == [None, "address-refused"]
        assert resolver.asked == 2  # once for each delivery: what was judged is connected to


async def test_what_is_not_reached_or_not_trusted_is_told(tls: TestTls) -> None:
    async with run_receiver(tls) as receiver:
        untrusting = WebhookSender(
            seconds=5, is_allowed=allow_loopback, resolver=SetResolver(["127.0.0.1"])
        )
        assert (await send(untrusting, receiver.url)).failure == "certificate"
        plain = receiver.url.replace("https", "http")
        assert (await send(make_sender(tls), plain)).failure == "not-https"
        assert receiver.requests == []
    assert (await send(make_sender(tls), receiver.url)).failure == "not-reached"
    unknown = make_sender(tls, SetResolver([]))
    assert (await send(unknown, receiver.url)).failure == "unknown-host"


def test_receivers_are_reached_by_public_addresses_only() -> None:
    refused = (
        "0.0.0.1", "127.1.2.3", "172.16.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "168.63.129.16", "192.88.99.1", "::", "fc00::1", "fe80::1%eth0", "ff02::1", "2001::1",
        "2002:a00:1::", "2001:db8::1", "64:ff9b:1::a00:1",
    )  # fmt: skip
    assert [one for one in refused if is_public_address(one)] == []
    assert is_public_address("203.162.4.1")
