"""Stamp lookup: by serial range or code, within the scope."""

import pytest

from ledger.errors import UnknownBatch
from services import Actor, ServiceContext
from services.errors import Forbidden, IssuerRequired
from services.stamps.stamp_lookup import list_allowed_transitions, look_up_stamps
from stamps.code import format_code
from stamps.errors import MalformedCode, UnknownCode
from stamps.lifecycle import State, Transition
from stamps.serial_range import MalformedRange
from tests.services.office import RING, Office


async def test_a_code_and_a_range_name_the_same_stamp(office: Office) -> None:
    number = await office.activate_batch(100)
    code = RING.seal(number, 42, 43)[0].decode()
    inspector = office.context("inspector")
    for text in (
        f"{number}·42",
        code,
        code.lower(),
        format_code(code),
        f"]Q1HTTPS://VERITEM.VN/S/{code}\r\n",
        f"veritem.vn/S/{code}?utm_source=zalo",
        "\u200b".join(code),
    ):
        details = await look_up_stamps(inspector, text)
        assert (details.target.lo, details.target.hi) == (42, 43)
        assert [(s.lo, s.hi, s.state) for s in details.clipped_spans()] == [
            (42, 43, State.ACTIVATED)
        ]
        assert [t.transition for t in details.transitions] == [
            Transition.PRINT,
            Transition.ACTIVATE,
        ]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", MalformedRange),
        ("nonsense", MalformedRange),
        ("99·1", UnknownBatch),
        ("0" * 20, UnknownCode),
        ("U" * 20, MalformedCode),
        ("https://veritem.vn/S/ABC", MalformedCode),
        (f"(01)08935000000014(21){'0' * 20}", UnknownCode),
        ("6.500-6.999", MalformedRange),
    ],
)
async def test_a_text_that_names_no_stamp_is_refused(
    office: Office, text: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await look_up_stamps(office.context("inspector"), text)


async def test_stamps_outside_of_the_scope_are_unknown(office: Office) -> None:
    number = await office.activate_batch(10)
    code = RING.seal(number, 1, 2)[0].decode()
    for text in (f"{number}·1", code):
        with pytest.raises(UnknownBatch):
            await look_up_stamps(office.context("other-packer"), text)
    with pytest.raises(Forbidden):
        await look_up_stamps(office.context("press"), code)
    without_keys = ServiceContext(office.ledger, Actor.operator("x"), lambda: office.now)
    with pytest.raises(IssuerRequired):
        await look_up_stamps(without_keys, code)


async def test_only_transitions_of_role_and_state_are_offered(office: Office) -> None:
    number = await office.activate_batch(10)
    details = await look_up_stamps(office.context("inspector"), str(number))
    among = (Transition.SUSPEND, Transition.RELEASE, Transition.RECALL, Transition.VOID)
    inspector = list_allowed_transitions(office.context("inspector"), details.spans, among)
    assert inspector == [Transition.SUSPEND, Transition.RECALL]
    packer = list_allowed_transitions(office.context("packer"), details.spans, among)
    assert packer == []
