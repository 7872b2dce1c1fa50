import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.privacy.tokens import ExpiredToken, ForeignToken, ScanTokens

CODE = "0123456789ABCDEFGHJK"
NOW = 1_790_000_000_000


def test_a_page_can_confirm_its_own_code_until_the_token_expires() -> None:
    tokens = ScanTokens(b"k" * 32, seconds=600)
    token = tokens.issue(CODE, NOW)
    assert tokens.verify(token, CODE, NOW + 599_000)
    with pytest.raises(ExpiredToken):
        tokens.verify(token, CODE, NOW + 600_000)


def test_two_pages_of_one_code_have_two_tokens() -> None:
    tokens = ScanTokens(b"k" * 32, seconds=600)
    assert len({tokens.issue(CODE, NOW) for _ in range(1000)}) == 1000


def test_a_token_of_another_service_or_for_another_code_is_foreign() -> None:
    ours, theirs = ScanTokens(b"k" * 32, seconds=600), ScanTokens(b"x" * 32, seconds=600)
    with pytest.raises(ForeignToken):
        ours.verify(theirs.issue(CODE, NOW), CODE, NOW)
    with pytest.raises(ForeignToken):
        ours.verify(ours.issue(CODE, NOW), CODE[::-1], NOW)


def test_workers_with_one_secret_accept_each_others_tokens() -> None:
    one, two = ScanTokens(b"k" * 32, seconds=600), ScanTokens(b"k" * 32, seconds=600)
    assert two.verify(one.issue(CODE, NOW), CODE, NOW)


def test_a_token_says_whether_its_page_was_opened_with_a_signature() -> None:
    tokens = ScanTokens(b"k" * 32, seconds=600)
    plain, signed = tokens.issue(CODE, NOW), tokens.issue(CODE, NOW, signed=True)
    assert tokens.verify(plain, CODE, NOW)
    assert tokens.verify(signed, CODE, NOW)
    assert tokens.shows_signature(signed, CODE)
    for token, code in ((plain, CODE), (signed, CODE[::-1]), ("", CODE), ("x", CODE)):
        assert not tokens.shows_signature(token, code)
    with pytest.raises(ForeignToken):
        tokens.verify(signed, CODE[::-1], NOW)


@given(st.text(max_size=40))
def test_an_invented_token_is_refused(text: str) -> None:
    with pytest.raises(ForeignToken):
        ScanTokens(b"k" * 32, seconds=600).verify(text, CODE, NOW)


@given(st.integers(0, 21), st.sampled_from("ABCabc019-_"))
def test_any_changed_character_that_changes_the_token_is_refused(place: int, letter: str) -> None:
    tokens = ScanTokens(b"k" * 32, seconds=600)
    token = tokens.issue(CODE, NOW)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        raw = tokens.verify(changed, CODE, NOW)
    except ForeignToken:
        return
    # The last character carries four spare bits: the bytes named are the same, so it is one token.
    assert raw == tokens.verify(token, CODE, NOW)
