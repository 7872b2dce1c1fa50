"""The roll that a packer names: two codes, two numbers, or one of each."""

import pytest

from ledger.errors import UnknownBatch
from services.errors import Forbidden, InvalidInput
from services.stamps.rolls import TwoBatches, find_roll
from stamps.errors import MalformedCode, UnknownCode, VeritemError
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange
from tests.services.office import Office


def seal(office: Office, batch: int, index: int) -> str:
    ring = office.context("packer").require_issuer().keys.ring
    return ring.seal(batch, index, index + 1)[0].decode()


async def test_a_roll_is_named_by_its_first_and_last_stamp(office: Office) -> None:
    number = await office.print_batch(100)
    first, last = seal(office, number, 10), seal(office, number, 59)
    packer = office.context("packer")
    spaced = " ".join(first[at : at + 5] for at in range(0, 20, 5)).lower()
    for batch, one, other in (
        ("", first, last),
        ("", last, first),  # the roll is scanned from its end
        ("99", f"HTTPS://VERITEM.VN/S/{first}", f"]Q1HTTPS://VERITEM.VN/S/{last}\r\n"),
        ("", spaced, last),
        ("", first, "59"),
        ("", f"{number}·10", last),
        (str(number), "10", "59"),
    ):
        roll = await find_roll(packer, batch, one, other)
        assert (roll.batch.number, roll.lo, roll.hi) == (number, 10, 60)


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        ("", "59", InvalidInput),
        ("10", "", InvalidInput),
        ("https://example.vn/menu?table=12", "59", MalformedCode),
        ("0" * 20, "59", UnknownCode),
        ("{code}", "100", SpanOutOfRange),
        ("{code}", "x", MalformedRange),
        ("{code}", "{other}", TwoBatches),
        ("{code}", "{foreign}", UnknownBatch),
        ("59", "10", MalformedRange),
        ("1.5", "10", MalformedRange),
    ],
)
async def test_what_names_no_roll_is_refused(
    office: Office, first: str, last: str, refusal: type[VeritemError]
) -> None:
    numbers = [
        await office.print_batch(100),
        await office.print_batch(100),
        await office.issue_batch(100, packer="tan-phuoc"),
    ]
    codes = [seal(office, number, 5) for number in numbers]
    named = dict(zip(("code", "other", "foreign"), codes, strict=True))
    with pytest.raises(refusal):
        await find_roll(
            office.context("packer"),
            str(numbers[0]),
            first.format(**named),
            last.format(**named),
        )


async def test_who_may_not_see_stamps_learns_nothing_of_a_code(office: Office) -> None:
    code = seal(office, await office.print_batch(100), 1)
    with pytest.raises(Forbidden):
        await find_roll(office.context("press"), "", code, code)
