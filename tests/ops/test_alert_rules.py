"""The alert rules ask for metrics that the services have."""

import asyncio
import re
from pathlib import Path

import aiohttp

from claims import ClaimSettings, PinChecker
from claims.serve import ClaimMetrics
from claims.server import ClaimServer
from cli.scheduled_backups import render_backup_metrics
from issuer.heads import PlaceRecord, SignerState
from issuer.heads.metrics import HeadMetrics
from ledger.clock import SteadyClock
from ledger.ledger import now_ms
from resolver.metrics import clock_family
from resolver.recorder.metrics import RecorderMetrics
from tests.resolver.house import a_house
from tests.resolver.orchard import PINS, SECRET
from web.metrics import render_metrics

RULES = Path(__file__).parents[2] / "ops" / "prometheus" / "alerts.yml"


def test_each_metric_of_a_rule_is_exported(tmp_path: Path) -> None:
    asked = set(re.findall(r"\bveritem_\w+", RULES.read_text(encoding="utf-8")))
    recorder = RecorderMetrics()
    recorder.waiting, recorder.put_aside, recorder.lag_seconds = 0, 0, 0.0
    recorder.families.append(lambda: clock_family(SteadyClock()))
    signer = SignerState(tmp_path, places={"folder:heads": PlaceRecord()})
    exported = asyncio.run(read_metrics(tmp_path)) + recorder.render().decode()
    exported += render_metrics(HeadMetrics(signer, now_ms)).decode()
    exported += render_backup_metrics(tmp_path, has_failed=False).decode()
    assert asked
    # A family without a series, as that of a Redis here, has its type alone.
    assert asked <= set(re.findall(r"^(?:# TYPE )?(veritem_\w+)", exported, re.MULTILINE))


def test_each_dependency_of_a_rule_is_one_of_the_service(tmp_path: Path) -> None:
    named = set(re.findall(r'dependency!?="(\w+)"', RULES.read_text(encoding="utf-8")))
    exported = asyncio.run(read_metrics(tmp_path))
    assert named <= set(re.findall(r'veritem_dependency_up{dependency="(\w+)"}', exported))


async def read_metrics(folder: Path) -> str:
    async with (
        a_house(folder) as house,
        aiohttp.ClientSession() as session,
        session.get(f"{house.serving.admin_url}/metrics") as answer,
    ):
        checker = PinChecker(
            house.dependencies.ledger,
            PINS,
            ClaimSettings(),
            counter=house.dependencies.request_counter,
            clock=now_ms,
            secret=SECRET,
        )
        claims = ClaimMetrics(checker, ClaimServer(checker, secret="", concurrent=1))
        return await answer.text() + render_metrics(claims).decode()
