"""Which operation of the API does what a page does: the table of docs/api.md.

The table is read from the code: the use cases of `services` that the handlers of pages call, and
the operations whose handlers call the same one. `OTHERWISE` says of the rest what a machine does
instead.
"""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from textwrap import dedent
from types import ModuleType
from typing import Any, Final

from desk.api.resources import ROUTES as API_ROUTES
from desk.api.routing import ApiRoute
from desk.pages import ROUTES as PAGE_ROUTES
from desk.pages.routing import PageRoute
from services.context import ServiceContext
from services.lists.find import find_list_page

OTHERWISE: Final[Mapping[str, str]] = {
    "accounts.change_own_password": "at the desk alone: a token never changes a password",
    "activation.activate_range": "`POST transitions` with `activate`",
    "activation.check_activation": "`GET stamps/{stamps}` shows what would be refused",
    "activation.get_activation": "the answer of `POST transitions`",
    "activation.list_printed_batches": "`GET batches` with `stage=to_activate`",
    "activation.undo_activation": "`POST transitions` with `deactivate`",
    "alerts.get_alert": "`GET alerts/{alert}`",
    "alerts.list_alerts_of_code": "`GET alerts` with the code as `q`",
    "alerts.suspend_stamp": "`POST transitions` with `suspend`",
    "cartons.find_cartons_of_stamps": "`GET cartons` with `q` of a code or serial range",
    "cartons.find_carton": "`GET cartons/{carton}`",
    "cartons.pack_scan": "`POST cartons/{carton}/packings`",
    "case_handling.get_photo": "at the desk alone",
    "field_checks.find_cases": "`GET alerts` with a `search` for the stamp",
    "field_findings.find_sent": "`POST field/findings` with the same key",
    "field_phones.add_phone": "for the page that phones install",
    "field_phones.require_phone": "for the page that phones install",
    "field_snapshots.take_snapshot": "`veritem field snapshot --out`",
    "case_handling.list_photos": "at the desk alone: a PDF for people",
    "case_handling.list_owners": "names to choose from in a form",
    "batches.list_batches": "`GET batches`",
    "whose_place.find_choices": "names to choose from in a form",
    "hearings.list_of_batch": "`GET hearings` with `q` of the batch's number",
    "hearings.list_of_lot": "`GET hearings` with `q` of the lot's code",
    "bundles.list_bundles": "`GET batches/{batch}/bundles/{form}`",
    "link_history.list_link_saves": "`GET audit` with the link set as `subject`",
    "link_table.add_link_table": "`POST link-sets` adds each key",
    "link_sets.move_link_up": "`PUT link-sets/{link_set}` has all links, in their order",
    "link_sets.put_link": "`PUT link-sets/{link_set}` has all links, in their order",
    "link_sets.take_link_away": "`PUT link-sets/{link_set}` has all links, in their order",
    "home.count_recalled_lots": "`GET me/tasks`, `lots_recalled`",
    "lot_drafts.count_drafts": "a machine keeps its own drafts",
    "lot_drafts.delete_draft": "a machine keeps its own drafts",
    "lot_drafts.get_draft": "a machine keeps its own drafts",
    "lot_drafts.list_drafts": "a machine keeps its own drafts",
    "lot_drafts.save_draft": "`PUT lots/{lot}` takes an incomplete lot",
    "lot_entry.enter_lot": "`PUT lots/{lot}`",
    "lot_places.find_places": "`GET registered-codes`",
    "lot_reviews.find_review_status": "`GET reviews` and `GET lots/{lot}/publication`",
    "lots.find_pending_change": "`GET proposals` with `kind=lot.change`",
    "order_limits.compare_order": "`GET orders/{order}/limits`",
    "order_limits.compare_request": "`POST orders` says what the limits leave",
    "order_limits.get_quota": "`GET quotas`",
    "product_lists.find_requirement": "`POST transitions` refuses; see `GET product-lists`",
    "organisations.find_enabling": "`GET proposals` with `kind=organisation.enable`",
    "orders.find_excess_proposal": "`GET proposals` with `kind=order.excess`",
    "orders.find_similar_order": "`POST orders` names it",
    "lots.is_bound": "`PUT lots/{lot}` answers what a correction needs",
    "lot_choices.find_lot_choices": "`GET lots` with `state=complete`",
    "mentions.list_event_answers": "`GET events/{event}` has them",
    "one_time_codes.count_own_recovery_codes": "at the desk alone",
    "one_time_codes.renew_recovery_codes": "at the desk alone",
    "one_time_codes.turn_on_codes": "at the desk alone: a person scans a picture",
    "recalls.list_code_lots": "`GET recalls/reach` counts them; the proposal names them",
    "recalls.preview_proposal": "`GET proposals/{proposal}` has what is to be recalled",
    "print_keys.add_own_key": "`POST organisations/{organisation}/print-keys`",
    "recalls.find_recalls_of_batch": "`GET lots/{lot}` of the lots in `GET batches/{batch}`",
    "registered_codes.estimate_crop": "`GET registered-codes/{place}` has what it is computed from",
    "registered_codes.read_code_fields": "`GET registered-codes/{place}`",
    "registered_codes.find_code_refusal": "`POST transitions` answers the refusal",
    "code_evidence.count_evidence": "`GET registered-codes/{place}/evidence` lists them",
    "scope.find_code": "`GET registered-codes/{place}/evidence`",
    "code_watch.list_used_lots": "`GET registered-codes/{place}/lots`",
    "registry.list_organisations": "`GET organisations`",
    "registry.list_products": "names to choose from in a form",
    "registry.list_registry": "names to choose from in a form",
    "rolls.find_roll": "`POST transitions` takes the range of the roll",
    "traces.find_place_provinces": "`GET registered-codes/{place}`",
    "webhooks.count_dead": "`GET webhooks/{webhook}/notices` with `state=dead`",
    "webhooks.list_choices": "the events of [webhooks.md](webhooks.md)",
}
"""Use cases of pages that no operation calls, and what a machine does instead."""

_DESK: Final = "desk."
_LISTS: Final = "services.lists."


def list_use_cases() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """The pages and the operations of each use case, by module and name: `orders.approve_order`."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    doors: tuple[Sequence[PageRoute | ApiRoute], ...] = (PAGE_ROUTES, API_ROUTES)
    for at, routes in enumerate(doors):
        for route in routes:
            for name in _find_calls(route.handler):
                found.setdefault(name, (set(), set()))[at].add(f"{route.method} {route.path}")
    return {
        name: (frozenset(pages), frozenset(operations))
        for name, (pages, operations) in sorted(found.items())
        if pages
    }


def render_table() -> str:
    """The table as Markdown."""
    lines = ["| use case | page | API, below `/api/v1/` |", "|---|---|---|"]
    for name, (pages, operations) in list_use_cases().items():
        shown = _join(operations) if operations else OTHERWISE.get(name, "")
        lines.append(f"| `{name}` | {_join(pages)} | {shown} |")
    return "\n".join(lines) + "\n"


def _join(addresses: frozenset[str]) -> str:
    return "<br>".join(f"`{address}`" for address in sorted(addresses))


def _find_calls(function: Callable[..., Any]) -> frozenset[str]:
    """The use cases that a function of the desk calls, itself or by its helpers."""
    return frozenset(_walk(function, set()))


def _walk(function: Callable[..., Any], seen: set[Any]) -> Iterator[str]:
    if function in seen:
        return
    seen.add(function)
    module = import_module(function.__module__)
    tree = ast.parse(dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        named = _resolve(module, node)
        if not inspect.isfunction(named):
            continue
        if named.__module__.startswith("services.") and _is_use_case(named):
            yield f"{named.__module__.rpartition('.')[2]}.{named.__name__}"
        elif named.__module__.startswith(_DESK):
            yield from _walk(named, seen)


def _resolve(module: ModuleType, node: ast.Name | ast.Attribute) -> object:
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node.value, ast.Name):
        return getattr(getattr(module, node.value.id, None), node.attr, None)
    return None


def _is_use_case(function: Callable[..., Any]) -> bool:
    """Whether it is a use case; what a list shows beside its rows is a part of the list."""
    parameters = list(inspect.signature(function).parameters.values())
    return (
        inspect.iscoroutinefunction(function)
        and (not function.__module__.startswith(_LISTS) or function is find_list_page)
        and bool(parameters)
        and parameters[0].annotation in (ServiceContext, "ServiceContext")
    )
