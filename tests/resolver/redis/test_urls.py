"""Addresses of Redis: what is understood, and refusals that show no password."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resolver import ResolverSettings
from resolver.redis import open_store
from resolver.redis.urls import MalformedRedisUrl, RedisUrl, parse_redis_url
from tests.servers import RedisServer, free_port


def test_a_url_names_server_account_and_database() -> None:
    assert parse_redis_url("rediss://an:p%40ss%2F%23@[::1]:7000/3") == RedisUrl(
        nodes=(("::1", 7000),), user="an", password="p@ss/#", database=3, tls=True
    )
    assert parse_redis_url("redis://").nodes == (("127.0.0.1", 6379),)
    assert parse_redis_url("redis://:secret@h").password == "secret"
    assert parse_redis_url(" REDIS://h:7000/0\n").nodes == (("h", 7000),)


def test_the_database_is_a_path_or_an_option() -> None:
    for url in ("redis://h/2", "redis://h?db=2", "redis://h/?db=2", "redis://h/2?db=2"):
        assert parse_redis_url(url) == RedisUrl(nodes=(("h", 6379),), database=2)


def test_a_socket_is_a_path() -> None:
    assert parse_redis_url("unix://an:secret@/run/a%20b.sock?db=1") == RedisUrl(
        socket="/run/a b.sock", user="an", password="secret", database=1
    )


def test_a_cluster_may_name_more_nodes() -> None:
    parsed = parse_redis_url("rediss+cluster://a:1?node=b:2&node=[::1]:3")
    assert parsed == RedisUrl(nodes=(("a", 1), ("b", 2), ("::1", 3)), tls=True, cluster=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://an:secret@h?timeout=2", "option timeout is unknown; allowed: db"),
        ("rediss://h?ssl_cert_reqs=none", "option ssl_cert_reqs"),
        ("redis://h?node=b:2", "option node"),
        ("redis://h/1?db=2", "twice"),
        ("redis://h?db=two", "number"),
        ("redis://h?db=", "number"),
        ("redis+cluster://h?db=2", "option db is unknown; allowed: node"),
        ("redis+cluster://h?node=b", "host:port"),
        ("redis+cluster://h?node=::1:7000", "IPv6"),
        ("redis+cluster://h?node=b:70000", "host:port"),
        ("redis+cluster://h/2", "one database"),
        ("redis://h/two", "number"),
        ("redis://h/2/3", "number"),
        ("redis://an:secret@h:port", "port"),
        ("redis://h:70000", "port"),
        ("redis://h:0", "port"),
        ("redis://::1:7000", "brackets"),
        ("redis://[::1", "brackets"),
        ("redis://h#x", "fragment"),
        ("redis://an@h", "user has a password"),
        ("redis://an:sec/ret@h", "%2F"),
        ("redis://an:sec?ret@h", "%3F"),
        ("redis://an:sec#ret@h", "%23"),
        ("unix://run/redis.sock", "three slashes"),
        ("unix://", "three slashes"),
        ("an:secret@h:6379", "redis://, rediss://"),
        ("redis:an:secret@h", "redis://, rediss://"),
        ("redis+sentinel://an:secret@h/mymaster", "redis://, rediss://"),
        ("", "redis://, rediss://"),
    ],
)
def test_what_is_not_supported_is_refused_in_a_line_without_the_password(
    url: str, why: str
) -> None:
    with pytest.raises(MalformedRedisUrl, match=why) as refusal:
        parse_redis_url(url)
    assert "sec" not in str(refusal.value)
    assert "ret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("field", ["history", "journal"])
@pytest.mark.parametrize(
    "url",
    ["redis://an:secret@h?x=1", "memory://?stamps=5", "direct://x", "mongodb://an:secret@h", ""],
)
def test_settings_refuse_an_address_before_anything_is_opened(field: str, url: str) -> None:
    with pytest.raises(ValueError, match=field) as refusal:
        ResolverSettings.model_validate({field: url})
    assert "secret" not in refusal.value.errors()[0]["msg"]  # type: ignore[attr-defined]


async def test_a_socket_with_account_and_database_is_used(tmp_path: Path) -> None:
    path = tmp_path / "redis socket"
    with RedisServer(appendonly="no", unixsocket=str(path)) as server:
        server.cli("acl", "setuser", "an", "on", ">p@ss", "~*", "+@all")
        address = str(path).replace(" ", "%20")
        store = open_store(f"unix://an:p%40ss@{address}?db=2")
        await store.ready()
        await store.call(b"", "SET", "a", "1")
        assert server.cli("-n", "2", "get", "a") == "1"
        assert await store.call(b"", "ACL", "WHOAMI") == b"an"
        await store.close()


async def test_tls_is_used_and_the_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    certificate, key = make_certificate(tmp_path)
    with RedisServer(
        appendonly="no",
        tls_port=str(port),
        tls_cert_file=str(certificate),
        tls_key_file=str(key),
        tls_auth_clients="no",
    ):
        untrusting = open_store(f"rediss://127.0.0.1:{port}")
        with pytest.raises(ConnectionError, match="certificate"):
            await untrusting.ready()
        await untrusting.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        store = open_store(f"rediss://127.0.0.1:{port}/1")
        await store.ready()
        assert await store.call(b"", "SET", "a", "1") == b"OK"
        await store.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
