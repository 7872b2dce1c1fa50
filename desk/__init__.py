"""The desk: the staff service of print houses, packers, inspectors, authorities and the issuer.

    serve(settings, keys=ring, signer=signer, secret=secret, stamp_host="VERITEM.VN")

or, inside a running loop, `serving(parts)`; `create_app(parts)` is the aiohttp application by
itself. Machines use `/api/v1/…` (`/api/openapi.json` documents it), people the pages.
"""

from desk.app import create_app
from desk.parts import DeskParts
from desk.serve import serve, serving
from desk.settings import DeskSettings

__all__ = ["DeskParts", "DeskSettings", "create_app", "serve", "serving"]
