"""The routes of the public service: which handler answers which path."""

from resolver.handlers.attachment import PREFIX as ATTACHMENTS
from resolver.handlers.attachment import AttachmentHandler
from resolver.handlers.claim import ClaimHandler
from resolver.handlers.context import HandlerContext
from resolver.handlers.digital_link import DigitalLinkHandler
from resolver.handlers.errors import ErrorResponder
from resolver.handlers.figures import FigureHandler
from resolver.handlers.report import SENT, ReportHandler
from resolver.handlers.scan import ScanHandler
from resolver.handlers.static import StaticHandlers
from resolver.handlers.visit import VisitHandler
from resolver.http.router import READ, WRITE, Route, Router


def create_router(context: HandlerContext) -> Router:
    """The router of the public service."""
    static = StaticHandlers(context)
    reports = ReportHandler(context)
    links = DigitalLinkHandler(context)
    routes = {
        "/": Route(READ, static.home),
        "/figures": Route(READ, FigureHandler(context).respond),
        "/robots.txt": Route(READ, static.robots),
        "/.well-known/veritem-keys.json": Route(READ, static.public_keys),
        "/.well-known/gs1resolver": Route(READ, static.gs1_description),
        "/health/live": Route(READ, static.live),
        "/health/ready": Route(READ, static.ready),
        "/v1/scans": Route((*WRITE, "OPTIONS"), ScanHandler(context).respond),
        "/v1/claims": Route(WRITE, ClaimHandler(context).respond),
        "/v1/reports": Route(WRITE, reports.respond),
    }
    return Router(
        routes,
        folders={
            ATTACHMENTS: Route(READ, AttachmentHandler(context).respond),
            SENT: Route(READ, reports.thank),
        },
        links=Route((*READ, "OPTIONS"), links.respond),
        stamp_handler=VisitHandler(context, links).respond,
        error_handler=ErrorResponder(context).respond,
        observe=context.metrics.observe_answer,
    )
