"""Proxies: nginx and HAProxy, as their manuals set them up before a service, and a silent one."""

import shutil
import socket
import subprocess
import tempfile
import threading
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


class SilentProxy:
    """A TCP proxy that can fall silent: it accepts and acknowledges, and delivers nothing."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._silent = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """Swallow what comes from now on, on every connection, present and new."""
        self._silent.set()

    def speak(self) -> None:
        """Forward again what comes on new connections; the present ones lost bytes and are cut."""
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._silent.clear()

    def close(self) -> None:
        """Cut all connections."""
        self._listening.close()
        self.speak()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._upstream)
                self._sockets += (client, server)
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while received := source.recv(65536):
                if not self._silent.is_set():
                    target.sendall(received)
            target.shutdown(socket.SHUT_RDWR)
