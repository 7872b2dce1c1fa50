"""The desk: the staff service of print houses, packers, inspectors, authorities and the issuer.

    serve(settings, keys=ring, signer=signer, secret=secret, stamp_host="VERITEM.VN")

or, inside a running loop, `serving(parts)`; `create_app(parts)` is the aiohttp application by
itself. Machines use `/api/v1/…` (`/api/openapi.json` documents it), people the pages.

The names are looked up when they are used (PEP 562): every process reads `desk.settings` with the
other settings, also the resolver's, and that one must not load the issuer, which the desk needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desk.app import create_app
    from desk.dependencies import DeskDependencies
    from desk.serve import serve, serving
    from desk.settings import DeskSettings

__all__ = ["DeskDependencies", "DeskSettings", "create_app", "serve", "serving"]

_WHERE = {
    "DeskDependencies": "desk.dependencies",
    "DeskSettings": "desk.settings",
    "create_app": "desk.app",
    "serve": "desk.serve",
    "serving": "desk.serve",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    found = getattr(import_module(_WHERE[name]), name)
    globals()[name] = found
    return found
