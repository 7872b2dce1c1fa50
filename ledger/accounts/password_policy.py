"""Which passwords staff may choose: long enough, and hard to guess.

Length counts most (NIST SP 800-63B: no rules about kinds of characters). zxcvbn estimates how many
guesses an attacker needs who knows the 30,000 most common passwords, keyboard rows, dates, names
and words, and who knows this service: the account's name, the person's, and the trade's words.
Its cost grows fast with length, so it sees the first `_ESTIMATED` characters.

People here also write passwords without marks and blanks, and so do attackers' lists: the plain
form must be hard to guess too.

>>> check_password("sầu riêng Ri6 chín cây", ["mai"])
>>> check_password("mật khẩu 123", ["mai"])
Traceback (most recent call last):
    ...
ledger.staff_errors.WeakPassword: the password cannot be used: it is too easy to guess
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from ledger.accounts.passwords import LONGEST, normalise_password
from ledger.staff_errors import WeakPassword

SHORTEST: Final = 10
FEWEST_GUESSES: Final = 10**8
"""zxcvbn's score 3: beyond online guessing by far, and costly even for who has the hashes."""
_ESTIMATED: Final = 24
_TRADE_WORDS: Final = (
    *("veritem", "matkhau", "xinchao", "admin", "vietnam", "nongsan", "saurieng", "durian"),
    *("thanhlong", "daklak", "krongpac"),
)


def check_password(password: str, known_words: Iterable[str]) -> None:
    """Raise `WeakPassword` unless staff may choose this password.

    `known_words` are what an attacker knows of the account: its name, the person's name.
    """
    normal = normalise_password(password)
    if len(normal) < SHORTEST:
        raise WeakPassword(why=f"it has fewer than {SHORTEST} characters")
    if len(normal) > LONGEST:
        raise WeakPassword(why=f"it has more than {LONGEST} characters")
    words = [*_TRADE_WORDS, *_split_words(known_words)]
    if any(_estimate_guesses(form, words) < FEWEST_GUESSES for form in {normal, _plain(normal)}):
        raise WeakPassword(why="it is too easy to guess")


def _estimate_guesses(password: str, words: list[str]) -> float:
    # Its word lists take 75 ms to load, which only whoever sets a password should wait for.
    from zxcvbn import zxcvbn

    return float(zxcvbn(password[:_ESTIMATED], user_inputs=words)["guesses"])


def _split_words(texts: Iterable[str]) -> list[str]:
    """The texts and their words, as written and plain."""
    words = [word for text in texts for word in (text, *text.split())]
    return [form for word in words for form in (word, _plain(word)) if form]


def _plain(text: str) -> str:
    """The text without marks and blanks: `mật khẩu` is `matkhau`."""
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(
        letter for letter in letters if not unicodedata.combining(letter) and not letter.isspace()
    )
