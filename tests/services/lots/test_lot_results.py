"""Results of laboratories in the record of a lot: which, who signs, what is above its limit."""

from dataclasses import replace
from typing import Any

import pytest

from issuer.publication import WrongPublication, check_publication
from ledger import Organisation, Publication
from ledger.errors import VersionPublished
from services import Actor, ServiceContext
from services.diary.entries import correct_entry, take_back_entry, tell_entry
from services.documents.reviews import describe_publication
from services.errors import InvalidInput
from services.lots import lot_reviews, lots
from stamps.errors import BadSignature
from tests.services.office import SIGNER, Office, lot_document

CADMIUM: dict[str, Any] = {
    "at": "2026-09-14",
    "lot": "L1",
    "report": "KN-26-0914",
    "substance": "Cadmi (Cd)",
    "value": 0.02,
    "limit": 0.05,
    "value_unit": "mg_kg",
    "method": "AOAC 2015.01",
    "accreditation": "VILAS 123",
}
VIETGAP: dict[str, Any] = {
    "at": "2025-11-20",
    "scheme": "VietGAP",
    "number": "VG-24-117",
    "certifier": "VinaCert",
    "valid_until": "2027-11-19",
    "place": "VN-ĐLOR-0123",
}


@pytest.fixture(autouse=True)
async def laboratory(office: Office) -> None:
    for id_, kind, name in (
        ("trung-tam-3", "laboratory", "Trung tâm Kỹ thuật 3"),
        ("vinacert", "certifier", "VinaCert"),
    ):
        await office.ledger.organisations.add(Organisation(id_, kind, name))
    await lots.put_lot(office.context("packer"), lot_document())


def in_laboratory(office: Office) -> ServiceContext:
    return replace(office.context("packer"), actor=Actor("tam", "laboratory", "trung-tam-3"))


async def tell(office: Office, **changes: Any) -> str:
    values = {name: it for name, it in {**CADMIUM, **changes}.items() if it is not None}
    return (await tell_entry(in_laboratory(office), "test", values)).id


async def publish(office: Office, comment: str = "") -> Publication:
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    await lot_reviews.approve_version(office.context("authority"), sent.id, comment)
    return await lot_reviews.get_publication(office.context("packer"), "L1")


async def find_substances(office: Office) -> set[str]:
    status = await lot_reviews.find_review_status(office.context("packer"), "L1")
    return {str(one.entry.values["substance"]) for one in status.results.tests}


async def test_a_result_is_about_its_lot_or_about_the_area_of_its_season(office: Office) -> None:
    area = {"lot": None, "place": "VN-ĐLOR-0123"}
    await tell(office, substance="of the lot")
    await tell(office, substance="of the area", **area, at="2026-03-01")
    await tell(office, substance="of the season before", **area, at="2025-08-01")
    await tell(office, substance="of another area", lot=None, place="VN-TGOR-0007")
    await tell(office, substance="of another lot", lot="L9", place="VN-ĐLOR-0123")
    wrong = await tell(office, substance="taken back")
    await take_back_entry(in_laboratory(office), wrong)
    assert await find_substances(office) == {"of the lot", "of the area"}


async def test_the_laboratory_vouches_for_its_results_and_anybody_can_check_it(
    office: Office,
) -> None:
    first = await tell(office, note="mẫu của anh Ba")
    second = await tell(office, substance="Chì (Pb)", value=0)
    published = describe_publication(await publish(office)).model_dump()
    keys = SIGNER.public_keys()
    statement = check_publication(published, keys)
    named = statement["events"]
    assert {one["event"] for one in named} == {first, second}
    assert {(one["kind"], one["name"]) for one in named} == {("test", "Trung tâm Kỹ thuật 3")}
    assert "anh Ba" not in str(published)
    log = {one.seq: one for one in await office.ledger.audit.list_after(0, 1_000)}
    for one in named:
        entry = log[one["audit"]]
        assert (entry.action, entry.subject) == ("event.record", "organisations:trung-tam-3")

    forged = {**published, "record": {**published["record"], "tests": []}}
    with pytest.raises(WrongPublication, match="another hash"):
        check_publication(forged, keys)
    forged = {**published, "statement": {**statement, "events": []}}
    with pytest.raises(BadSignature):
        check_publication(forged, keys)
    with pytest.raises(WrongPublication, match="cannot be read"):
        check_publication({"record": {}}, keys)


async def test_a_result_that_differs_from_its_event_is_found(office: Office) -> None:
    await tell(office)
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    record = {**sent.record}
    [told] = record["tests"]
    record["tests"] = [{**told, "entry": {**told["entry"], "value": 0.01}}]
    quoted = [(told["organisation"], told["event"])]
    await office.ledger.lot_submissions.submit("L1", 1, record, quoted=quoted, actor="packer")
    await lot_reviews.approve_version(office.context("authority"), sent.id + 1)
    published = await lot_reviews.get_publication(office.context("packer"), "L1")
    with pytest.raises(WrongPublication, match="differs from its event"):
        check_publication(describe_publication(published).model_dump(), SIGNER.public_keys())


async def test_a_result_above_its_limit_is_published_by_whoever_says_why(office: Office) -> None:
    authority = office.context("authority")
    await tell(office, value=0.08)
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    file = await lot_reviews.open_review(authority, sent.id)
    assert [one.entry.values["value"] for one in file.results.above] == [0.08]
    assert file.needs_reason
    with pytest.raises(InvalidInput, match="above its limit"):
        await lot_reviews.approve_version(authority, sent.id, "  ")
    await lot_reviews.approve_version(authority, sent.id, "Vỏ quả, không phải phần ăn được")
    [_, step] = (await lot_reviews.open_review(authority, sent.id)).steps
    assert step.text == "Vỏ quả, không phải phần ăn được"
    published = await lot_reviews.get_publication(office.context("packer"), "L1")
    assert published.record["tests"][0]["above_limit"]


async def test_a_result_that_comes_while_a_record_is_reviewed_is_shown_to_the_reviewer(
    office: Office,
) -> None:
    authority = office.context("authority")
    first = await tell(office)
    sent = await lot_reviews.submit_version(office.context("packer"), "L1", 1)
    assert not (await lot_reviews.open_review(authority, sent.id)).needs_reason
    corrected = (await correct_entry(in_laboratory(office), first, {**CADMIUM, "value": 0.09})).id
    file = await lot_reviews.open_review(authority, sent.id)
    assert [one.event for one in file.later_results.above] == [corrected]
    assert file.ended_results == {first}
    assert [one.event for one in file.results.tests] == [first]
    with pytest.raises(InvalidInput, match="above its limit"):
        await lot_reviews.approve_version(authority, sent.id)


async def test_a_later_result_is_published_without_a_new_version_of_the_lot(
    office: Office,
) -> None:
    packer = office.context("packer")
    before = await publish(office)
    assert "tests" not in before.record
    assert not (await lot_reviews.find_review_status(packer, "L1")).may_submit
    with pytest.raises(VersionPublished):
        await lot_reviews.submit_version(packer, "L1", 1)
    told = await tell(office)
    status = await lot_reviews.find_review_status(packer, "L1")
    assert (status.may_submit, [one.event for one in status.later_results.tests]) == (True, [told])
    sent = await lot_reviews.submit_version(packer, "L1", 1)
    assert (await lot_reviews.submit_version(packer, "L1", 1)).id == sent.id
    assert not (await lot_reviews.find_review_status(packer, "L1")).may_submit
    after = await publish(office)
    assert [one["event"] for one in after.record["tests"]] == [told]
    assert await office.ledger.lot_submissions.get_publication(before.submission) == before


async def test_a_correction_leaves_what_was_published_and_is_told_to_the_public_service(
    office: Office,
) -> None:
    packer, ledger = office.context("packer"), office.ledger
    first, other = await tell(office), await tell(office, substance="Chì (Pb)")
    before = await publish(office)
    heads = await ledger.changes.get_heads()
    await correct_entry(in_laboratory(office), first, {**CADMIUM, "value": 0.04})
    await take_back_entry(in_laboratory(office), other)
    assert (await ledger.changes.get_changes_after(heads)).lots == {"L1"}
    assert await lot_reviews.get_publication(packer, "L1") == before
    errors = await ledger.lot_submissions.list_quoted_errors(before.submission)
    assert {one.event: one.is_withdrawn for one in errors} == {first: False, other: True}
    status = await lot_reviews.find_review_status(packer, "L1")
    assert status.ended_results == {first, other}
    assert status.may_submit


async def test_a_certificate_counts_that_was_valid_when_the_lot_was_packed(office: Office) -> None:
    certifier = replace(office.context("packer"), actor=Actor("van", "certifier", "vinacert"))
    ended = {"number": "VG-22-001", "at": "2023-01-01", "valid_until": "2025-01-01"}
    later = {"number": "VG-27-001", "at": "2026-09-20"}
    for changes in ({}, ended, later):
        await tell_entry(certifier, "certificate", {**VIETGAP, **changes})
    published = await publish(office)
    [told] = published.record["certificates"]
    assert (told["name"], told["entry"]["number"]) == ("VinaCert", "VG-24-117")
    check_publication(describe_publication(published).model_dump(), SIGNER.public_keys())
