"""`veritem trace` and `stamps recall --traced`: what was reached, and one line for a refusal."""

from tests.cli.conftest import Veritem, recall
from tests.cli.test_cartons import LABEL, activate_stamps


def test_a_stamp_is_traced_and_what_a_carton_leads_to_is_recalled(place: Veritem) -> None:
    activate_stamps(place)
    assert place("cartons", "pack", LABEL, "1·0-9").status == 0
    back = place("trace", "1·5", "--json").json
    assert (back["kind"], back["direction"], back["is_cut"]) == ("stamps", "back", False)
    assert "lot:L1" in [one["id"] for one in back["reached"]]
    assert {"binding", "lot"} <= {one["kind"] for one in back["steps"]}
    forward = place("trace", LABEL, "--direction", "forward")
    assert (forward.status, "1·0-9" in forward.out) == (0, True)
    assert "carton" in forward.out.splitlines()[0]
    recalled = recall(place, "--traced", LABEL, "--reason", "ordered").json["document"]
    assert (recalled["traced"], recalled["ranges"]) == (LABEL, [[1, 0, 10]])
    states = place("batch", "show", "1", "--json").json["spans"]
    assert [(one["range"], one["state"]) for one in states if one["state"] == "recalled"] == [
        ("1·0-9", "recalled")
    ]


def test_a_trace_of_nothing_is_refused_in_one_line(place: Veritem) -> None:
    both = ("--lot", "L1", "--traced", "L1", "--reason", "ordered", "--as", "lan")
    for command, why in (
        (("trace", "khong-co"), "is no lot, stamp, carton, place"),
        (("trace", "VN-ĐLOR-0123", "--since", "hôm qua"), "hôm qua"),
        (("stamps", "recall", *both), "name one of: ranges, --lot"),
        (
            ("stamps", "recall", "--traced", "khong-co", "--reason", "ordered", "--as", "lan"),
            "is no lot, stamp, carton, place",
        ),
    ):
        refused = place(*command)
        assert refused.status != 0
        assert why in refused.err
        assert "Traceback" not in refused.err
