"""A table of texts is whole in all three languages, or it is not read at all."""

import pytest

from web.i18n import read


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('[a]\nb = { vi = "x", en = "x" }', "a.b is in"),
        ('[a]\nb = { vi = "{x}", en = "{y}", zh = "{x}" }', "other places to fill in"),
    ],
)
def test_an_incomplete_table_is_refused_as_it_is_read(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(source)
