"""Real reverse proxies in front of a service: nginx and HAProxy, as their manuals set them up."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers import ServerMissing, free_port

_READY_SECONDS = 10.0

_NGINX = """
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
            proxy_set_header {header};
        }}
    }}
}}
"""
_HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend public
    bind {bind}
    {header}
    default_backend service
backend service
    server one {upstream}
"""

JOINED = "X-Forwarded-For $proxy_add_x_forwarded_for"
"""nginx: the client's own value, a comma, and the client's address, on one line."""
WITH_PORT = '''X-Forwarded-For "$proxy_add_x_forwarded_for:$remote_port"'''
"""nginx: the same with the client's port, as some load balancers send it."""
OWN_LINE = "option forwardfor"
"""HAProxy: a line of its own below what the client sent."""
RFC_7239 = "http-request add-header Forwarded for=%[src];proto=http"
RFC_7239_V6 = r"http-request add-header Forwarded for=\"[%[src]]:%[src_port]\""
"""HAProxy: RFC 7239, an IPv6 address in brackets and quotes, with its port."""


@contextmanager
def run_nginx(upstream: str, header: str = JOINED) -> Iterator[int]:
    """nginx in front of `upstream`, an address without a path; yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="veritem-test-") as name:
        config = Path(name, "nginx.conf")
        text = _NGINX.format(directory=name, port=port, upstream=upstream, header=header)
        config.write_text(text)
        with _run(["nginx", "-c", str(config), "-p", name], ("127.0.0.1", port)):
            yield port


@contextmanager
def run_haproxy(upstream: str, header: str = OWN_LINE, host: str = "127.0.0.1") -> Iterator[int]:
    """HAProxy in front of `upstream` on one address, or on both families (`host` is `::`)."""
    port = free_port()
    bind = f":::{port} v4v6" if host == "::" else f"{host}:{port}"
    with tempfile.TemporaryDirectory(prefix="veritem-test-") as name:
        config = Path(name, "haproxy.cfg")
        address = upstream.removeprefix("http://")
        config.write_text(_HAPROXY.format(bind=bind, upstream=address, header=header))
        with _run(["haproxy", "-db", "-f", str(config)], ("127.0.0.1", port)):
            yield port


@contextmanager
def _run(command: list[str], address: tuple[str, int]) -> Iterator[None]:
    program = shutil.which(command[0], path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise ServerMissing(f"{command[0]} is not installed: apt-get install {command[0]}")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log)
        try:
            until = time.monotonic() + _READY_SECONDS
            while True:
                with suppress(OSError), socket.create_connection(address, timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"{command[0]} does not start: {log.read().decode()}")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(_READY_SECONDS)
