"""The peer `nginx_lua_redis`: nginx with Lua sends GET and INCR to Redis and returns a fixed body.

One worker process, kept connections to Redis, both commands in one write. Debian's nginx has no Lua
client for Redis, so this module has the few lines of its protocol.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.programs import start_program, stop_program, wait_for_port
from tests.servers import free_port

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
def run_nginx(redis: int, size: int, core: int) -> Iterator[str]:
    """Run it on one core with Redis at port `redis`, answering `size` bytes; yields its address."""
    port = free_port()
    with TemporaryDirectory(prefix="veritem-nginx-") as directory:
        configuration = Path(directory, "nginx.conf")
        configuration.write_text(
            _CONF.format(directory=directory, port=port, redis=redis, size=size)
        )
        command = ["nginx", "-e", f"{directory}/error.log", "-p", directory]
        program = start_program([*command, "-c", str(configuration)], core, Path(directory))
        try:
            wait_for_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop_program(program)
