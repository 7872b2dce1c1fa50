"""`python -m benchmarks.detection`: writing worlds, and trials on training seeds only."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "benchmarks.detection", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True)


def test_make_writes_replay_truth_and_parameters(tmp_path: Path) -> None:
    done = command(
        "make", "--seed", "2", "--active", "5000", "--prevalence", "0.002", "--out", str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    about = json.loads((tmp_path / "world.json").read_text())
    assert about["attacked"] == 10
    lines = (tmp_path / "scans.jsonl").read_text().splitlines()
    assert sum('"scan"' in line for line in lines) == about["scans_and_visits"]
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert sum(not row["genuine"] for row in rows) == 10
    assert not {"genuine", "attack"} & {key for line in lines[:50] for key in json.loads(line)}


def test_held_out_seeds_are_refused_for_trials() -> None:
    refused = command(
        "try", "--seed", "11", "--judge", "benchmarks.detection.baselines:count_scans"
    )
    assert refused.returncode != 0
    assert "training seeds" in refused.stderr


def test_a_trial_judges_a_training_seed() -> None:
    tried = command(
        "try", "--seed", "3", "--active", "20000", "--prevalence", "0.003",
        "--judge", "benchmarks.detection.baselines:count_scans",
    )  # fmt: skip
    assert tried.returncode == 0, tried.stderr
    assert "precision" in tried.stdout


def test_make_writes_the_world_of_an_attacker(tmp_path: Path) -> None:
    name = "framed, 2 networks, unscanned"
    done = command(
        "make", "--seed", "2", "--active", "5000", "--attacker", name, "--out", str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    attacked = [row for row in rows if row.get("attacker") == name]
    assert len(attacked) == 100
    assert {len(row["attacker_scans"]) for row in attacked} == {2}


def test_attackers_prints_a_table(tmp_path: Path) -> None:
    done = command(
        "attackers", "--only", "framed, 2 networks, unscanned", "--seeds", "1", "--active", "5000",
        "--cache", str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| framed, 2 networks, unscanned | 100 |" in done.stdout
