"""Plain letters: text without Vietnamese marks, and the words that lists are searched by.

>>> to_ascii("Đắk Lắk")
'Dak Lak'
>>> split_words("HTX Sầu riêng Krông-Pắc (mới)")
['htx', 'sau', 'rieng', 'krong', 'pac', 'moi']
"""

import re
import unicodedata
from typing import Final

_GAP: Final = re.compile(r"[^\w]+|_+")


def to_ascii(text: str) -> str:
    """Vietnamese text in plain letters."""
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def split_words(text: str) -> list[str]:
    """The words of a text in plain small letters, in their order."""
    plain = to_ascii(unicodedata.normalize("NFKC", text)).casefold()
    return [word for word in _GAP.split(plain) if word]
