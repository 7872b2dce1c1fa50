"""`veritem photos sweep` at the command line."""

from tests.cli.conftest import Veritem


def test_a_sweep_says_what_it_removed(place: Veritem) -> None:
    assert place("photos", "sweep", "--json").json == {"removed": []}
    assert place("photos", "sweep", "--days", "1").status != 0
