"""The languages of the pages: which one a reader is given, its texts and its dates.

A leaf below the rooms that face people: it knows none of them, and no HTTP.
"""

from web.i18n.dates import VIETNAM, day, moment
from web.i18n.languages import LANGUAGES, Language, accepted, switched
from web.i18n.texts import Words, read

__all__ = [
    "LANGUAGES",
    "VIETNAM",
    "Language",
    "Words",
    "accepted",
    "day",
    "moment",
    "read",
    "switched",
]
