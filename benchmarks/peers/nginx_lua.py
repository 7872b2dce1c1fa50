"""The peer `nginx_lua_redis`: nginx whose Lua asks Redis (GET and INCR) and answers a fixed body.

One worker process, keep-alive to Redis, both commands in one write: what one would build instead.
Debian's nginx has no Lua client for Redis, so its few lines of protocol are written out here.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

_CONF: Final = """
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    init_by_lua_block {{ body = string.rep("n", {size}) }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
            default_type text/html;
            content_by_lua_block {{
                if ngx.req.get_method() == "POST" then ngx.req.read_body() end
                local redis = ngx.socket.tcp()
                local ok = redis:connect("127.0.0.1", {redis}, {{ pool = "r", pool_size = 256 }})
                if not ok then return ngx.exit(503) end
                local key = ngx.var.uri
                redis:send("*2\\r\\n$3\\r\\nGET\\r\\n$" .. #key .. "\\r\\n" .. key .. "\\r\\n"
                    .. "*2\\r\\n$4\\r\\nINCR\\r\\n$1\\r\\nn\\r\\n")
                local head = redis:receive()
                if head ~= "$-1" then redis:receive(tonumber(head:sub(2)) + 2) end
                redis:receive()
                redis:setkeepalive(60000, 256)
                ngx.header["Content-Length"] = #body
                ngx.print(body)
            }}
        }}
    }}
}}
"""


@contextmanager
def nginx_lua_redis(directory: Path, port: int, redis: int, size: int, core: int) -> Iterator[str]:
    """Run it on one core, answering `size` bytes; yields its address."""
    home = directory / f"nginx-{port}"
    home.mkdir()
    conf = home / "nginx.conf"
    conf.write_text(_CONF.format(directory=home, port=port, redis=redis, size=size))
    program = subprocess.Popen(
        ["taskset", "-c", str(core), "nginx", "-p", str(home), "-c", str(conf)],
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            if program.poll() is not None:
                raise RuntimeError(f"nginx did not start: {program.communicate()[1]}")
            try:
                urlopen(url + "/x").close()  # noqa: S310 - our own server
                break
            except URLError:
                time.sleep(0.02)
        yield url
    finally:
        program.terminate()
        program.wait(10)
        if program.stderr is not None:
            program.stderr.close()
