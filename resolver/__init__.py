"""The public scan service: `http`, `handlers`, `scan_service`, `history`, `journal`, `pages`.

    serve(settings, keys=ring, public_keys=keys, rules=load_rules, secret=secret)

or, in a running loop, `open_dependencies(…)` and `run_service(dependencies)`.
"""

from resolver.bootstrap import open_dependencies
from resolver.dependencies import ResolverDependencies
from resolver.history.process_lock import AlreadyServed
from resolver.recorder.run import run_recorder
from resolver.serve import RunningService, run_service, serve
from resolver.settings import ResolverSettings

__all__ = [
    "AlreadyServed",
    "ResolverDependencies",
    "ResolverSettings",
    "RunningService",
    "open_dependencies",
    "run_recorder",
    "run_service",
    "serve",
]
