"""Words of the Core Business Vocabulary 2.0 that fields of events take, bare or as URI.

A bare word is one of the standard; a URI of another vocabulary is the user's own. A misspelt word
would never be found again, so it is refused, with the word of the standard that is most like it.

>>> check_word("shipping", BUSINESS_STEPS) == check_word("cbv:BizStep-shipping", BUSINESS_STEPS)
True
>>> check_word("https://shop.example/steps/tasting", BUSINESS_STEPS)
'https://shop.example/steps/tasting'
>>> check_word("shiping", BUSINESS_STEPS)
Traceback (most recent call last):
    ...
ValueError: shiping is no business step of CBV 2.0; did you mean shipping?
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from traceability.epcis.flaw_texts import suggest

CBV: Final = "https://ref.gs1.org/cbv/"
_STANDARD: Final = (CBV, "cbv:", "gs1:", "urn:epcglobal:cbv:")
"""How words of the standard begin that are written as URI."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one field."""

    name: str
    term: str
    """Its name within the address of a word: `BizStep`."""
    urn: str
    """Its name in the URN of CBV 1: `bizstep`."""
    words: frozenset[str]

    @property
    def prefixes(self) -> Sequence[str]:
        """What stands before a word that is written as URI."""
        return (
            f"{CBV}{self.term}-",
            f"cbv:{self.term}-",
            f"urn:epcglobal:cbv:{self.urn}:",
        )


def _list_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUSINESS_STEPS: Final = Vocabulary(
    "business step",
    "BizStep",
    "bizstep",
    _list_words(
        "accepting arriving assembling collecting commissioning consigning creating_class_instance "
        "cycle_counting decommissioning departing destroying disassembling dispensing encoding "
        "entering_exiting holding inspecting installing killing loading other packing picking "
        "receiving removing repackaging repairing replacing reserving retail_selling sampling "
        "sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
        "unloading unpacking void_shipping"
    ),
)
DISPOSITIONS: Final = Vocabulary(
    "disposition",
    "Disp",
    "disp",
    _list_words(
        "active available completeness_inferred completeness_verified conformant container_closed "
        "container_open damaged destroyed dispensed disposed encoded expired in_progress "
        "in_transit inactive mismatch_class mismatch_instance mismatch_quantity "
        "needs_replacement no_pedigree_match non_conformant non_sellable_other "
        "partially_dispensed recalled reserved retail_sold "
        "returned sellable_accessible sellable_not_accessible stolen unavailable "
        "unknown"
    ),
)
TRANSACTION_TYPES: Final = Vocabulary(
    "type of a business transaction",
    "BTT",
    "btt",
    _list_words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
)
PARTY_TYPES: Final = Vocabulary(
    "type of a source or destination",
    "SDT",
    "sdt",
    frozenset(("owning_party", "possessing_party", "location")),
)
ERROR_REASONS: Final = Vocabulary(
    "reason of an error", "ER", "er", frozenset(("did_not_occur", "incorrect_data"))
)


def normalize_word(text: str, vocabulary: Vocabulary) -> str:
    """A word of the standard as bare word; another URI as it is.

    >>> normalize_word("https://ref.gs1.org/cbv/Disp-recalled", DISPOSITIONS)
    'recalled'
    """
    for prefix in vocabulary.prefixes:
        if text.startswith(prefix):
            return text.removeprefix(prefix)
    return text


def check_word(text: str, vocabulary: Vocabulary) -> str:
    """The word in its normal form. Raises ValueError for a word that the standard has not."""
    word = normalize_word(text, vocabulary)
    is_other = word.startswith(_STANDARD)  # of the standard, and of another field
    if word in vocabulary.words or (":" in word and not is_other):
        return word
    hint = suggest(re.split("[:/-]", word)[-1], vocabulary.words)
    raise ValueError(f"{word} is no {vocabulary.name} of CBV 2.0{hint}")
