"""Head statements: one text for one statement, and what is known of them from files."""

import json
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit.head_statement import (
    CHAINS,
    AcceptedLoss,
    HeadKeys,
    HeadStatement,
    SignedHead,
    StatedRecall,
    list_in_force,
)
from ledger.audit.known_heads import UnreadableHeads, read_heads, read_newest_head
from ledger.audit.stated_recalls import list_undone
from stamps.errors import BadSignature
from stamps.lifecycle import Transition
from stamps.signed_note import MalformedNote
from tests.issuer.heads.signing import KEY, OTHER_KEY

hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
numbers = st.integers(0, 10**18)
heads = st.fixed_dictionaries(dict.fromkeys(CHAINS, st.tuples(numbers, hashes)))
losses = st.builds(AcceptedLoss, st.fixed_dictionaries(dict.fromkeys(CHAINS, numbers)), heads)
recalls = st.builds(
    StatedRecall.encode,
    st.integers(1, 10**18),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8)),
)
kinds = st.sampled_from([str(kind) for kind in Transition])
statements = st.builds(
    HeadStatement,
    st.just(KEY.ledger),
    heads,
    st.integers(0, 4_102_444_800_000),
    st.none() | losses,
    made=st.none() | st.dictionaries(kinds, st.integers(1, 10**18)),
    recalls=st.lists(recalls, max_size=3).map(tuple),
    left_out=st.integers(0, 10**6),
)
OLDER = """{ledger}
veritem chain heads v1
transitions 812 {hash}
audit 2044 {hash}
batches 12
2026-11-27T03:00:00.123Z
"""


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


def test_a_statement_of_before_is_read_and_says_nothing_of_recalls() -> None:
    text = OLDER.format(ledger=KEY.ledger, hash="ab" * 32)
    older = HeadStatement.parse(text)
    assert (older.format(), older.made, older.recalls) == (text, None, ())
    undone = list_undone([older], 2000, {})
    assert (undone.recalls, undone.others) == ((), None)


@pytest.mark.parametrize(
    "line",
    [
        "recall 1 {not json}",
        "recall 0 {}",
        "recall 1 []",
        'recall 1 {"lot":"đ"}',
        "made print 0",
        "made print",
        "made void 1 print 1",
        "recalls left out 0",
    ],
)
def test_a_line_in_another_form_is_refused(line: str) -> None:
    with pytest.raises(MalformedNote):
        HeadStatement.parse(OLDER.format(ledger=KEY.ledger, hash="ab" * 32) + line + "\n")


def test_what_is_undone_is_listed_once_and_only_after_the_copy() -> None:
    def stating(moment: int, audit: int, *stated: int, **made: int) -> HeadStatement:
        ends = {"transitions": (moment, "ab" * 32), "audit": (audit, "ab" * 32)}
        told = tuple(StatedRecall(number, "{}") for number in stated)
        return HeadStatement(KEY.ledger, ends, moment, made=made, recalls=told)

    in_force = [
        stating(1, 10, 9, recall=1, print=2),
        stating(2, 20, 11, 19, recall=3, print=2),
        stating(3, 30, 19, 25, recall=4, print=5, void=1),
    ]
    undone = list_undone(in_force, 15, {"recall": 1, "print": 2})
    assert [one.audit for one in undone.recalls] == [19, 25]
    assert undone.others == {"print": 3, "void": 1}
    assert list_undone(in_force, 30, {}).others == {}
    assert list_undone([], 0, {}).recalls == ()


def test_a_signature_has_one_spelling() -> None:
    note = KEY.sign(HeadStatement.parse(OLDER.format(ledger=KEY.ledger, hash="ab" * 32))).note
    text = note.format()
    last = text.rstrip("=\n")[-1]
    other = text.rstrip("=\n")[:-1] + chr(ord(last) + 1) + "=\n"
    with pytest.raises(MalformedNote):
        SignedHead.parse(other)


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
