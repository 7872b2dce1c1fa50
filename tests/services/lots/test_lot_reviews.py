"""Review of lots: who submits, who decides, what is published, and what its signature proves."""

from dataclasses import replace

import pytest

from issuer.publication import verify_publication
from ledger import Organisation
from ledger.chains.hash_chain import digest_json
from ledger.errors import (
    LotChanged,
    ReviewerInvolved,
    UnknownLot,
    UnknownRow,
    UnknownSubmission,
)
from ledger.lots.lot_submission import SubmissionState
from services import ServiceContext
from services.errors import Forbidden, InvalidInput
from services.lots import lot_reviews, lots
from stamps.errors import BadSignature
from tests.services.office import SIGNER, Office, lot_document


@pytest.fixture(autouse=True)
async def lot(office: Office) -> None:
    await lots.put_lot(office.context("packer"), lot_document())


def of_province(office: Office, province: str) -> ServiceContext:
    context = office.context("authority")
    return replace(context, actor=replace(context.actor, province=province))


async def set_province(office: Office, province: str) -> None:
    packer = Organisation("krong-pac", "packer", "HTX Krông Pắc", province=province)
    await office.ledger.organisations.replace(packer)


async def test_a_record_is_published_with_a_signature_that_anybody_checks(office: Office) -> None:
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1, " xin thẩm định ")
    done = await lot_reviews.approve_version(office.context("authority"), sent.id)
    assert done.state is SubmissionState.PUBLISHED
    published = await lot_reviews.get_publication(office.context("packer"), "L1")
    assert digest_json(dict(published.record)) == published.statement["sha256"]
    assert published.statement["author"]["name"] == "HTX Krông Pắc"
    verify_publication(published.statement, published.signature, SIGNER.public_keys())
    forged = {**published.statement, "version": 2}
    with pytest.raises(BadSignature):
        verify_publication(forged, published.signature, SIGNER.public_keys())


async def test_what_is_published_has_no_home_and_no_coordinates(office: Office) -> None:
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    text = str(sent.record)
    assert "Buôn Kao" not in text
    assert "12.62" not in text
    assert sent.record["document"]["growing_area"]["address"] == {"province": "66"}
    assert sent.record["completeness"]["told"] <= sent.record["completeness"]["items"]


async def test_only_an_authority_decides_and_only_the_owner_submits(office: Office) -> None:
    with pytest.raises(Forbidden):
        await lot_reviews.submit_version(office.context("authority"), "L1", 1)
    with pytest.raises(UnknownLot):
        await lot_reviews.submit_version(office.context("other-packer"), "L1", 1)
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    for who in ("packer", "inspector", "issuer"):
        with pytest.raises(Forbidden):
            await lot_reviews.approve_version(office.context(who), sent.id)
        with pytest.raises(Forbidden):
            await lot_reviews.return_version(office.context(who), sent.id, "x")
    with pytest.raises(UnknownSubmission):
        await lot_reviews.withdraw_version(office.context("other-packer"), sent.id)
    with pytest.raises(UnknownSubmission):
        await lot_reviews.open_review(office.context("other-packer"), sent.id)


async def test_an_authority_reviews_what_is_of_its_province(office: Office) -> None:
    await set_province(office, "66")
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    with pytest.raises(UnknownSubmission):
        await lot_reviews.approve_version(of_province(office, "01"), sent.id)
    with pytest.raises(UnknownLot):
        await lot_reviews.find_review_status(of_province(office, "01"), "L1")
    done = await lot_reviews.approve_version(of_province(office, "66"), sent.id)
    assert done.state is SubmissionState.PUBLISHED


async def test_who_wrote_a_version_does_not_review_it(office: Office) -> None:
    await lots.put_lot(office.context("operator"), lot_document("L2"), organisation="krong-pac")
    sent = await lot_reviews.submit_version(office.context("second"), "L2", 1)
    for who in ("operator", "second"):
        file = await lot_reviews.open_review(office.context(who), sent.id)
        assert (file.may_review, file.is_involved) == (False, True)
        with pytest.raises(ReviewerInvolved):
            await lot_reviews.approve_version(office.context(who), sent.id)
    assert (await lot_reviews.open_review(office.context("authority"), sent.id)).may_review


async def test_a_returned_version_says_why_and_its_correction_is_reviewed(office: Office) -> None:
    packer, authority = office.context("packer"), office.context("authority")
    sent = await lot_reviews.submit_version(packer, "L1", 1)
    with pytest.raises(InvalidInput):
        await lot_reviews.return_version(authority, sent.id, "  ")
    await lot_reviews.return_version(authority, sent.id, "Thiếu số chứng nhận")
    status = await lot_reviews.find_review_status(packer, "L1")
    assert status.comment is not None
    assert status.comment.text == "Thiếu số chứng nhận"
    assert status.may_submit
    await lots.put_lot(packer, lot_document(brand="Krông Pắc"))
    with pytest.raises(LotChanged):
        await lot_reviews.submit_version(packer, "L1", 1)
    again = await lot_reviews.submit_version(packer, "L1", 2)
    assert not (await lot_reviews.find_review_status(packer, "L1")).may_submit
    await lot_reviews.approve_version(authority, again.id)
    status = await lot_reviews.find_review_status(packer, "L1")
    assert status.published is not None
    assert status.published.version == 2
    assert not status.may_submit


async def test_nothing_is_published_before_a_review(office: Office) -> None:
    with pytest.raises(UnknownRow):
        await lot_reviews.get_publication(office.context("packer"), "L1")
    batch = await office.print_batch()
    assert batch
    status = await lot_reviews.find_review_status(office.context("packer"), "L1")
    assert status.published is None
    assert status.last is None


async def test_a_province_sets_its_own_rule_and_the_ministry_any(office: Office) -> None:
    await set_province(office, "66")
    with pytest.raises(InvalidInput):
        await lot_reviews.set_review_rule(of_province(office, "66"), "01", 2)
    with pytest.raises(InvalidInput):
        await lot_reviews.set_review_rule(of_province(office, "66"), "", 2)
    with pytest.raises(InvalidInput):
        await lot_reviews.set_review_rule(office.context("authority"), "66", 3)
    with pytest.raises(InvalidInput):
        await lot_reviews.set_review_rule(office.context("authority"), "00", 1)
    with pytest.raises(Forbidden):
        await lot_reviews.set_review_rule(office.context("packer"), "66", 2)
    await lot_reviews.set_review_rule(of_province(office, "66"), "66", 2)
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    first = await lot_reviews.approve_version(of_province(office, "66"), sent.id)
    assert first.state is SubmissionState.APPROVED
    second = await lot_reviews.approve_version(office.context("second"), sent.id)
    assert second.state is SubmissionState.PUBLISHED


@pytest.mark.parametrize("size", [4_001])
async def test_a_comment_has_a_limit(office: Office, size: int) -> None:
    with pytest.raises(InvalidInput):
        await lot_reviews.submit_version(office.context("packer"), "L1", 1, "x" * size)
