"""The public scan service: door, memory, journal, pages.

    serve(settings, keys=ring, public_keys=keys, rules=load_rules, secret=secret)

or, inside a running loop, `open_dependencies(…)` and `serving(parts)`.
"""

from resolver.bootstrap import open_dependencies
from resolver.dependencies import ResolverDependencies
from resolver.history.process_lock import AlreadyServed
from resolver.recorder.recorder import run_recorder
from resolver.serve import Serving, serve, serving
from resolver.settings import ResolverSettings

__all__ = [
    "AlreadyServed",
    "ResolverDependencies",
    "ResolverSettings",
    "Serving",
    "open_dependencies",
    "run_recorder",
    "serve",
    "serving",
]
