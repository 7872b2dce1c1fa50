"""The servers that the tests lean on hold what they promise."""

import psycopg
import pytest
import redis

from tests.servers import PostgresServer, RedisServer, ServerMissing, _program


def test_each_database_is_fresh_and_survives_a_kill() -> None:
    with PostgresServer() as server:
        one, two = server.database(), server.database()
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        with psycopg.connect(two) as session:  # somebody is still connected when it dies
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(one, connect_timeout=1)
        server.start()
        with psycopg.connect(one) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with psycopg.connect(two) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT count(*) FROM kept")
        directory = server.directory
    assert not directory.exists()


def test_redis_keeps_what_it_answered_through_a_kill() -> None:
    with RedisServer() as server:
        redis.Redis.from_url(server.url()).set("kept", "yes")
        server.kill()
        server.start()
        assert redis.Redis.from_url(server.url()).get("kept") == b"yes"


def test_a_missing_server_names_its_package() -> None:
    with pytest.raises(ServerMissing, match="apt-get install no-such-package"):
        _program("no-such-server", "no-such-package")
