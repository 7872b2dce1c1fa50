"""Addresses of ledgers: what is understood, and refusals that show no password."""

from pathlib import Path

import pytest

from ledger import open_ledger
from ledger.storage.urls import UnknownStorage, get_sqlite_path, parse_ledger_url
from tests.servers import PostgresServer


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/ledger.db", "var/ledger.db"),
        ("sqlite:////srv/ledger.db", "/srv/ledger.db"),
        ("sqlite+aiosqlite:///ledger.db", "ledger.db"),
        ("sqlite:///so%20l%C3%B4.db", "so lô.db"),
        ("sqlite:///ledger.db?mode=ro", "ledger.db"),
        ("sqlite:///100%25.db", "100%.db"),
        (" sqlite:///ledger.db\n", "ledger.db"),
    ],
)
def test_an_sqlite_url_names_a_file(url: str, path: str) -> None:
    assert get_sqlite_path(url) == Path(path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_usual_schemes_of_postgresql_are_the_same(scheme: str) -> None:
    parsed = parse_ledger_url(f"{scheme}://an:p%40s%2Fs@db.example:5433/veritem?sslmode=require")
    assert (parsed.drivername, parsed.username, parsed.password) == (
        "postgresql+psycopg", "an", "p@s/s",
    )  # fmt: skip
    assert (parsed.host, parsed.port, parsed.database) == ("db.example", 5433, "veritem")
    assert parsed.query == {"sslmode": "require"}
    assert get_sqlite_path(f"{scheme}://h/db") is None


def test_hosts_may_be_several_ipv6_or_a_socket() -> None:
    several = parse_ledger_url("postgresql://u:p,w@h1:5432,[::1]:5433,h3/db?sslmode=prefer")
    assert several.query == {"sslmode": "prefer", "host": "h1,::1,h3", "port": "5432,5433,5432"}
    assert (several.username, several.password, several.database) == ("u", "p,w", "db")
    assert parse_ledger_url("postgresql://u@[::1]:5432/db").host == "::1"
    assert parse_ledger_url("postgresql://%2Frun%2Fpostgresql/db").host == "/run/postgresql"
    assert parse_ledger_url("postgresql:///db?host=/run/postgresql").query["host"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "sqlite:///PATH"),
        ("var/ledger.db", "sqlite:///PATH"),
        ("sqlite://", "is a file"),
        ("sqlite:///", "is a file"),
        ("sqlite:///:memory:", "is a file"),
        ("sqlite://ledger.db", "three slashes"),
        ("sqlite:///l.db?timeout=5", "option timeout is unknown; allowed: mode=ro"),
        ("sqlite:///l.db?mode=rw", "option mode"),
        ("mysql://an:secret@h/db", "not mysql://"),
        ("postgresql+asyncpg://an:secret@h/db", "not postgresql+asyncpg://"),
        ("postgresql://an:secret@h:port/db", "port"),
        ("postgresql://an:sec@ret@h/db", "%40"),
        ("postgresql://an:secret@h/db#x", "#"),
        ("postgresql://an:secret@h/db?pool_size=5", "option pool_size is unknown"),
        ("postgresql://an:secret@h/db?sslmode=a&sslmode=b", "twice"),
        ("postgresql://an:secret@h1:x,h2/db", "host:port"),
        ("postgresql://an:h?secret@h/db/x?y@z=1", "after the \\?"),
    ],
)
def test_what_is_not_supported_is_refused_in_a_line_without_the_password(
    url: str, why: str
) -> None:
    with pytest.raises(UnknownStorage, match=why.replace("+", r"\+")) as refusal:
        parse_ledger_url(url)
    assert "secret" not in str(refusal.value)
    assert "ret@" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


async def test_a_file_with_unusual_letters_is_opened_for_reading_only_too(tmp_path: Path) -> None:
    path = tmp_path / "so lô #1 100%?.db"
    url = f"sqlite:///{tmp_path}/so%20l%C3%B4%20%231%20100%25%3F.db"
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
    assert path.exists()
    async with await open_ledger(f"{url}?mode=ro") as ledger:
        assert await ledger.scans.count() == 0


async def test_the_second_host_and_a_socket_are_reached_with_notifications_too(
    postgres: PostgresServer,
) -> None:
    name = postgres.database().rpartition("/")[2]
    folder = str(postgres.directory).replace("/", "%2F")
    for url in (
        f"postgres://{postgres.superuser}@127.0.0.1:1,127.0.0.1:{postgres.port}/{name}",
        f"postgresql://{postgres.superuser}@{folder}:{postgres.port}/{name}?connect_timeout=3",
    ):
        async with await open_ledger(url) as ledger:
            await ledger.migrate()
            assert await ledger.scans.count() == 0
            async with ledger.changes.listen():
                pass
