"""Head statements: one text for one statement, and what is known of them from files."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.head_statement import (
    CHAINS,
    AcceptedLoss,
    HeadKeys,
    HeadStatement,
    SignedHead,
    list_in_force,
)
from ledger.known_heads import UnreadableHeads, read_heads, read_newest_head
from stamps.errors import BadSignature
from stamps.signed_note import MalformedNote
from tests.issuer.heads.signing import KEY, OTHER_KEY

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
numbers = st.integers(0, 10**18)
heads = st.fixed_dictionaries(dict.fromkeys(CHAINS, st.tuples(numbers, hashes)))
losses = st.builds(AcceptedLoss, st.fixed_dictionaries(dict.fromkeys(CHAINS, numbers)), heads)
statements = st.builds(
    HeadStatement,
    st.just(KEY.ledger),
    heads,
    st.integers(0, 4_102_444_800_000),
    st.none() | losses,
)


@given(statement=statements)
def test_a_statement_is_read_as_it_was_written(statement: HeadStatement) -> None:
    head = KEY.sign(statement)
    again = SignedHead.parse(json.loads(head.format_line())["note"])
    assert again == head
    KEY.public_keys().verify(again)


@given(statement=statements, data=st.data())
def test_no_other_text_verifies(statement: HeadStatement, data: st.DataObject) -> None:
    note = KEY.sign(statement).note.format()
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.sampled_from("0aZ \n—").filter(lambda letter: letter != note[at]))
    with pytest.raises((MalformedNote, BadSignature)):
        KEY.public_keys().verify(SignedHead.parse(note[:at] + other + note[at + 1 :]))


def test_public_keys_are_a_key_set_of_their_own_use() -> None:
    document = KEY.public_keys().to_jwks()
    (jwk,) = document["keys"]
    assert jwk["use"] == "veritem-heads"
    stamp_key = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "epoch-0", "x": ""}
    mixed = HeadKeys.from_jwks({"keys": [stamp_key, jwk]})
    assert mixed.keys == KEY.public_keys().keys
    for broken in ({}, {"keys": [{**jwk, "crv": "P-256"}]}, {"keys": [{**jwk, "x": "AA"}]}):
        with pytest.raises(MalformedNote):
            HeadKeys.from_jwks(broken)


def at(
    moment: int, transitions: int, audit: int = 1, loss: AcceptedLoss | None = None
) -> SignedHead:
    ends = {"transitions": (transitions, f"{moment:064x}"), "audit": (audit, "ab" * 32)}
    return KEY.sign(HeadStatement(KEY.ledger, ends, moment, loss))


def test_an_accepted_loss_replaces_what_it_names_and_nothing_else() -> None:
    first, second, third = at(1, 10), at(2, 20), at(3, 30)
    loss = AcceptedLoss({"transitions": 15, "audit": 1}, third.statement.heads)
    accepted, later = at(4, 16, loss=loss), at(5, 20)
    assert list_in_force([later, accepted, third, second, first, first]) == [first, accepted, later]
    # A head beyond the one that the acceptance names was not accepted.
    beyond = at(3, 31)
    assert beyond in list_in_force([accepted, beyond])


def test_heads_are_read_from_what_places_keep(tmp_path: Path) -> None:
    one, two, foreign = at(1, 1), at(2, 2), OTHER_KEY.sign(at(3, 3).statement)
    folder = tmp_path / "heads"
    folder.mkdir()
    (folder / "heads-2026-10.jsonl").write_text(one.format_line() + '{"note": "cut o')
    (folder / "heads-2026-11.jsonl").write_text(
        foreign.format_line() + two.format_line() + two.format_line()[:40]
    )
    mail = EmailMessage()
    mail.set_content(f"Kính gửi,\n\n{two.note.format()}", cte="base64")
    mail.add_attachment(one.format_line(), subtype="plain", filename="heads.jsonl")
    (tmp_path / "saved.eml").write_bytes(bytes(mail))
    (tmp_path / "typed.txt").write_text(f"see:\r\n\r\n{one.note.format()}", newline="\r\n")
    keys = KEY.public_keys()
    found = read_heads(folder, keys)
    assert (found.in_force, len(found.set_aside)) == ([one, two], 3)
    assert read_heads(tmp_path / "saved.eml", keys).in_force == [one, two]
    assert read_heads(tmp_path / "typed.txt", keys).in_force == [one]
    assert read_newest_head(folder, keys) == two


def test_files_without_a_head_of_a_known_key_are_refused(tmp_path: Path) -> None:
    (tmp_path / "heads.jsonl").write_text(OTHER_KEY.sign(at(1, 1).statement).format_line())
    for read in (read_heads, read_newest_head):
        with pytest.raises(UnreadableHeads, match="not a known key"):
            read(tmp_path, KEY.public_keys())
        with pytest.raises(UnreadableHeads, match="No such file"):
            read(tmp_path / "none", KEY.public_keys())
    (tmp_path / "empty").mkdir()
    assert read_newest_head(tmp_path / "empty", KEY.public_keys()) is None
