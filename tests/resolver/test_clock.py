from resolver.clock import SteadyClock


def test_the_clock_returns_the_wall_time_in_milliseconds() -> None:
    assert SteadyClock(lambda: 12.5, lambda: 0.0)() == 12_500


def test_a_clock_set_back_continues_at_the_monotonic_pace() -> None:
    now = {"wall": 10_000.0, "monotonic": 5.0}
    clock = SteadyClock(lambda: now["wall"], lambda: now["monotonic"])
    assert clock() == 10_000_000
    now.update(wall=6_400.0, monotonic=6.0)
    assert clock() == 10_001_000
    now.update(wall=6_402.0, monotonic=8.0)
    assert clock() == 10_003_000


def test_the_wall_clock_is_used_again_once_it_has_caught_up() -> None:
    now = {"wall": 100.0, "monotonic": 0.0}
    clock = SteadyClock(lambda: now["wall"], lambda: now["monotonic"])
    now.update(wall=99.0, monotonic=1.0)
    assert clock() == 101_000
    now.update(wall=103.0, monotonic=2.0)
    assert clock() == 103_000
