"""Addresses of ledgers: the forms that people write, and the refusals.

    sqlite:///var/ledger.db         relative; four slashes make it absolute; %20 is a blank
    sqlite:///ledger.db?mode=ro     read-only
    postgresql://[user[:password]@][host[:port][,host:port…]][/database][?option=value&…]

`postgres://`, `postgresql+psycopg://` and `sqlite+aiosqlite://` are the same. A host may be an IPv6
address in brackets or, percent-encoded, the folder of a Unix socket (`%2Frun%2Fpostgresql`).
PostgreSQL's options are those of libpq. Any other option is refused by its name. No refusal
contains a value of the address: it may have a password.
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from psycopg.pq import Conninfo
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from stamps.errors import VeritemError

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_HOSTS: Final = re.compile(r"([a-z0-9+]+://(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(.*)", re.DOTALL)
_HOST: Final = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::(\d+))?")
_LIBPQ_OPTIONS: Final = frozenset(option.keyword.decode() for option in Conninfo.get_defaults())


class UnknownStorage(VeritemError, ValueError):
    """The URL names no database that the ledger supports, or asks for what is not done."""

    code = "unknown-storage"
    message = "ledger URL: {why}"


def parse_ledger_url(url: str) -> URL:
    """Return the URL with its driver. Raises `UnknownStorage`.

    >>> parse_ledger_url("sqlite:///a%20b.db").database
    'a b.db'
    >>> parse_ledger_url("postgresql://h/db?pool=5")
    Traceback (most recent call last):
    ...
    ledger.storage.urls.UnknownStorage: ledger URL: the option pool is unknown
    """
    url, hosts = _split_hosts(url.strip())
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnknownStorage(why="must be sqlite:///PATH or postgresql://…") from None
    except ValueError:
        raise UnknownStorage(why="the port is not a number") from None
    driver = _DRIVERS.get(parsed.drivername.lower())
    if driver is None:
        why = f"must be sqlite:///PATH or postgresql://…, not {parsed.drivername}://"
        raise UnknownStorage(why=why)
    parsed = parsed.set(drivername=driver)
    if driver == _DRIVERS["sqlite"]:
        return _check_sqlite(parsed)
    return _check_postgresql(parsed.update_query_dict(hosts))


def get_sqlite_path(url: str) -> Path | None:
    """The file of an SQLite ledger; None for PostgreSQL. Raises `UnknownStorage`."""
    parsed = parse_ledger_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _check_sqlite(url: URL) -> URL:
    if url.host or url.username or url.port:
        why = "sqlite has three slashes before a relative path and four before an absolute one"
        raise UnknownStorage(why=why)
    if not url.database or url.database == ":memory:":
        raise UnknownStorage(why="must be sqlite:///PATH or postgresql://…; a ledger is a file")
    for name, value in url.query.items():
        if name != "mode":
            raise UnknownStorage(why=f"the option {_name(name)} is unknown; allowed: mode=ro")
        if value != "ro":
            raise UnknownStorage(why="the option mode has the one value ro (read-only)")
    return url


def _check_postgresql(url: URL) -> URL:
    if "@" in (url.host or ""):
        raise UnknownStorage(why="an @ in the password is written %40")
    if "#" in (url.database or "") or "@" in (url.database or ""):
        raise UnknownStorage(why="the name of the database has no # and no @")
    for name, value in url.query.items():
        if name not in _LIBPQ_OPTIONS:
            raise UnknownStorage(why=f"the option {_name(name)} is unknown")
        if not isinstance(value, str):
            raise UnknownStorage(why=f"the option {name} is given twice")
    # The folder of a socket: a slash in it would end the host.
    return url.set(host=unquote(url.host)) if url.host else url


def _split_hosts(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its hosts if it has several, and these as libpq's options."""
    found = _HOSTS.fullmatch(url)
    if found is None:
        return url, {}
    names, ports = [], []
    for one in found[2].split(","):
        host = _HOST.fullmatch(one)
        if host is None:
            raise UnknownStorage(why="hosts are host:port, separated by commas")
        names.append(host[1] or unquote(host[2]))
        ports.append(host[3] or "5432")
    return found[1] + found[3], {"host": ",".join(names), "port": ",".join(ports)}


def _name(option: str) -> str:
    """The name of an option, unless it may be a part of a password with a `?` in it."""
    return option if re.fullmatch(r"\w{1,40}", option) else "after the ?"
