"""The contract of a place that keeps heads, and what each place adds to it."""

import email.policy
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from issuer.heads import PushFailed
from issuer.heads.places import CollectorPlace, FolderPlace
from ledger.audit.head_statement import HeadStatement, SignedHead
from ledger.audit.known_heads import read_heads
from tests.issuer.heads.receivers import (
    AUDITOR,
    PASSWORD,
    SECRET,
    FolderReceiver,
    MailServer,
    Receiver,
    run_collector,
    run_mail_server,
)
from tests.issuer.heads.signing import KEY
from tests.resolver.redis.test_urls import make_certificate

OCTOBER, NOVEMBER = 1_793_000_000_000, 1_796_000_000_000


def a_head(at: int, seq: int = 1) -> SignedHead:
    ends = {"transitions": (seq, "ab" * 32), "audit": (seq, "cd" * 32)}
    return KEY.sign(HeadStatement(KEY.ledger, ends, at))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """TLS of a server that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(params=["folder", "collector", "smtps", "smtp"])
async def receiver(
    request: pytest.FixtureRequest, tmp_path: Path, tls: ssl.SSLContext
) -> AsyncIterator[Receiver]:
    if request.param == "folder":
        yield FolderReceiver(tmp_path / "place")
    elif request.param == "collector":
        async with run_collector() as collector:
            yield collector
    else:
        async with run_mail_server(tls, request.param) as server:
            yield server


async def test_a_place_keeps_what_it_took_and_an_auditor_can_read_it(
    receiver: Receiver, tmp_path: Path
) -> None:
    heads = [a_head(OCTOBER), a_head(OCTOBER + 1, 2), a_head(NOVEMBER, 3)]
    await receiver.place.push(heads)
    await receiver.place.push(heads)  # as after a lost answer
    known = read_heads(receiver.save(tmp_path), KEY.public_keys())
    assert (known.in_force, known.set_aside) == (heads, [])


async def test_a_failed_push_is_named_and_can_be_repeated(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.fail()
    with pytest.raises(PushFailed) as failed:
        await receiver.place.push([a_head(OCTOBER)])
    assert failed.value.place == receiver.place.name
    assert failed.value.why
    for secret in (SECRET, PASSWORD):
        assert secret not in str(failed.value)
    receiver.work()
    await receiver.place.push([a_head(OCTOBER)])
    assert read_heads(receiver.save(tmp_path), KEY.public_keys()).in_force == [a_head(OCTOBER)]


async def test_a_line_that_a_crash_cut_off_swallows_no_other(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    await place.push([a_head(OCTOBER), a_head(OCTOBER + 1)])
    file = tmp_path / "heads-2026-10.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    await place.push([a_head(OCTOBER + 1), a_head(NOVEMBER)])
    known = read_heads(tmp_path, KEY.public_keys())
    assert [head.statement.at for head in known.heads] == [OCTOBER, OCTOBER + 1, NOVEMBER]
    assert len(known.set_aside) == 1
    assert (tmp_path / "heads-2026-11.jsonl").read_text() == a_head(NOVEMBER).format_line()
    assert file.stat().st_mode & 0o777 == 0o644


async def test_a_collector_gets_its_secret_and_no_other_address_does() -> None:
    async with run_collector() as collector:
        stranger = CollectorPlace(collector.place.name, "another secret")
        with pytest.raises(PushFailed, match="it answered 401"):
            await stranger.push([a_head(OCTOBER)])
        collector.status = 307
        with pytest.raises(PushFailed, match="it answered 307"):
            await collector.place.push([a_head(OCTOBER)])
        assert collector.bodies == []
    with pytest.raises(PushFailed):
        await collector.place.push([a_head(OCTOBER)])  # nobody listens


async def test_a_mail_says_what_it_is_and_goes_over_trusted_tls_only(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_mail_server(tls, "smtp") as mail:
        await check_mail(mail, monkeypatch)


async def check_mail(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    await mail.place.push([a_head(OCTOBER), a_head(NOVEMBER)])
    (content,) = mail.mails
    sent = email.message_from_bytes(content, policy=email.policy.default)
    body = sent.get_body()
    assert (sent["To"], sent["Auto-Submitted"]) == (AUDITOR, "auto-generated")
    assert body is not None
    assert "Sổ cái tem.example/ledger-1" in body.get_content()
    assert a_head(NOVEMBER).note.text in body.get_content()
    mail.offers_tls = False
    with pytest.raises(PushFailed, match="STARTTLS"):
        await mail.place.push([a_head(OCTOBER)])
    mail.offers_tls = True
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(PushFailed, match="certificate"):
        await mail.place.push([a_head(OCTOBER)])
    assert len(mail.mails) == 1
