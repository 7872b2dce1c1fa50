"""The languages of the pages: which one a reader is given, its texts and its dates.

A leaf below the rooms that face people: it knows none of them, and no HTTP.
"""

from languages.choice import LANGUAGES, Language, accepted, switched
from languages.dates import VIETNAM, day, moment, rfc3339
from languages.texts import Words, read

__all__ = [
    "LANGUAGES",
    "VIETNAM",
    "Language",
    "Words",
    "accepted",
    "day",
    "moment",
    "read",
    "rfc3339",
    "switched",
]
