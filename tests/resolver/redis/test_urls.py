"""Redis URLs: their parts, and options that are refused by name."""

import pytest

from resolver.redis.urls import MalformedRedisUrl, RedisUrl, parse_redis_url


def test_a_url_names_server_account_and_database() -> None:
    assert parse_redis_url("rediss://an:p%40ss@[::1]:7000/3") == RedisUrl(
        scheme="rediss", nodes=(("::1", 7000),), user="an", password="p@ss", database=3
    )
    assert parse_redis_url("redis://").nodes == (("127.0.0.1", 6379),)


def test_a_cluster_may_name_more_nodes() -> None:
    parsed = parse_redis_url("redis+cluster://a:1?node=b:2&node=c:3")
    assert parsed.nodes == (("a", 1), ("b", 2), ("c", 3))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://h?db=2", "option db"),
        ("redis://h?node=b:2", "option node"),
        ("redis+cluster://h?db=2", "option db is unknown; allowed: node"),
        ("redis+cluster://h?node=b", "host:port"),
        ("redis+cluster://h/2", "database"),
        ("redis://h/two", "database"),
        ("redis://h:port", "port"),
        ("redis://h#x", "fragment"),
        ("unix:///run/redis.sock", "scheme"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(url: str, why: str) -> None:
    with pytest.raises(MalformedRedisUrl, match=why):
        parse_redis_url(url)
