"""Signed notes are those of the specification, and nothing near them."""

import pytest

from stamps.errors import BadSignature
from stamps.signed_note import MOST_BYTES, MalformedNote, NoteKey, parse_note, parse_note_key

# The example of C2SP `signed-note`.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn"
    "cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
FOREIGN = "— example.com/other " + NOTE.split()[-1] + "\n"


def test_the_example_of_the_specification_verifies() -> None:
    key, note = parse_note_key(VKEY), parse_note(NOTE)
    assert note.verify([key]) == key
    assert (note.format(), key.format()) == (NOTE, VKEY)


def test_a_signature_by_an_unknown_key_is_ignored() -> None:
    note = parse_note(NOTE + FOREIGN)
    assert note.verify([parse_note_key(VKEY)]).name == "example.com/foo"
    with pytest.raises(BadSignature, match="which is not a known key"):
        note.verify([NoteKey("example.com/foo", bytes(32))])


def test_a_wrong_signature_by_a_known_key_refuses_the_note() -> None:
    key = parse_note_key(VKEY)
    with pytest.raises(BadSignature, match=r"not made by the key example\.com/foo"):
        parse_note(NOTE.replace("an example", "no example")).verify([key])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no signature"),
        (NOTE.replace("\n\n", "\n"), "no signature"),
        (NOTE[:-1], "last line"),
        (NOTE.replace("— ", "- "), "not a signature line"),
        (NOTE[:-9] + "\n", "not a signature line"),
        (NOTE + "\n", "no signature"),
        ("\t" + NOTE, "control character"),
        ("x" * MOST_BYTES + NOTE, "longer than"),
    ],
)
def test_other_texts_are_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedNote, match=why):
        parse_note(text)


@pytest.mark.parametrize(
    "vkey", ["", "example.com/foo", VKEY.replace("530d903a", "00000000"), VKEY.replace("Ae", "Be")]
)
def test_other_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(MalformedNote):
        parse_note_key(vkey)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tên", "x" * 201])
def test_a_key_name_is_ascii_without_blanks_and_plus(name: str) -> None:
    with pytest.raises(MalformedNote, match="not a key name"):
        NoteKey(name, bytes(32))
