"""Keys of print houses: added, replaced, and asked for before stamps with PINs are ordered."""

from dataclasses import replace

import pyrage
import pytest

from ledger.errors import AlreadyExists, LastPrintKey, UnknownRow
from printing.errors import PinsNeedEncryption
from services.batches.print_keys import MOST_IN_USE, add_key, find_recipients, list_keys, retire_key
from services.errors import Forbidden, InvalidInput
from stamps.errors import VeritemError
from tests.services.office import Office


def new_age_key() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


async def test_a_key_is_replaced_without_a_gap_and_the_old_one_stays_known(
    office: Office,
) -> None:
    press, ledger = office.context("press"), office.ledger
    old, new = new_age_key(), new_age_key()
    await add_key(press, "in-mekong", f" {old} ", "Máy 1")
    with pytest.raises(LastPrintKey):
        await retire_key(press, "in-mekong", old)
    await add_key(press, "in-mekong", new)
    assert set(await find_recipients(ledger, "in-mekong")) == {old, new}
    await retire_key(press, "in-mekong", old)
    await retire_key(press, "in-mekong", old)  # once more changes nothing
    assert await find_recipients(ledger, "in-mekong") == [new]
    states = {one.public_key: one.retired_by for one in await list_keys(press, "in-mekong")}
    assert states == {old: "press", new: None}
    with pytest.raises(AlreadyExists):
        await add_key(press, "in-mekong", old)
    actions = [one.action for one in await ledger.audit.list_after()]
    assert actions.count("print-key.add") == 2
    assert actions.count("print-key.retire") == 1


async def test_the_key_of_the_registration_counts_and_is_kept(office: Office) -> None:
    press, organisations = office.context("press"), office.ledger.organisations
    registered, added = new_age_key(), new_age_key()
    row = await organisations.get("in-mekong")
    await organisations.replace(replace(row, public_key=registered))
    assert await find_recipients(office.ledger, "in-mekong") == [registered]
    await add_key(press, "in-mekong", added)
    await retire_key(press, "in-mekong", registered)
    assert await find_recipients(office.ledger, "in-mekong") == [added]


async def test_what_is_no_key_is_refused(office: Office) -> None:
    press = office.context("press")
    for text in ("", "age1x", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"):
        with pytest.raises(InvalidInput) as refused:
            await add_key(press, "in-mekong", text)
        assert refused.value.evidence["field"] == "public_key"
    with pytest.raises(UnknownRow):
        await retire_key(press, "in-mekong", new_age_key())
    for _ in range(MOST_IN_USE):
        await add_key(press, "in-mekong", new_age_key())
    with pytest.raises(InvalidInput):
        await add_key(press, "in-mekong", new_age_key())


async def test_only_the_print_house_itself_and_administrators_manage_keys(office: Office) -> None:
    refusals: dict[str, type[VeritemError]] = {"other-press": UnknownRow}
    refusals |= dict.fromkeys(("packer", "issuer", "inspector"), Forbidden)
    for who, refusal in refusals.items():
        with pytest.raises(refusal):
            await add_key(office.context(who), "in-mekong", new_age_key())
        with pytest.raises(refusal):
            await list_keys(office.context(who), "in-mekong")


async def test_stamps_with_pins_are_not_ordered_from_a_print_house_without_a_key(
    office: Office,
) -> None:
    with pytest.raises(PinsNeedEncryption):
        await office.issue_batch(10, has_pin=True)
    await add_key(office.context("press"), "in-mekong", new_age_key())
    assert await office.issue_batch(10, has_pin=True)
