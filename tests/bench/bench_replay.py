"""A year of stored nights judged again: `python tests/bench/bench_replay.py` prints the time, and exits 1 beyond 3 s.

Each night is a site with Gitea, a NAS and two slots; it is read from the history, decoded and judged by every rule.
"""

import hashlib
import importlib.util
import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from auditor.config.loader import load_standard
from auditor.history.record import Run
from auditor.history.store import History
from auditor.model.codec import decode
from auditor.model.facts.snapshot import Snapshot
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare, snapshot_text
from auditor.text import parse_time, time_text

NIGHTS, LIMIT_SECONDS = 365, 3.0
WORLD = Path(__file__).parent.parent / "derive" / "nas" / "conftest.py"


def world() -> ModuleType:
    """The made-up site of the tests."""
    spec = importlib.util.spec_from_file_location("nas_world_of_tests", WORLD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def store(history: History, first: Snapshot, night: int) -> None:
    moment = time_text(parse_time(first.finished_at) + timedelta(days=night))
    snapshot = replace(first, id=f"00000000-0000-7000-8000-{night:012x}", started_at=moment, finished_at=moment)
    text = snapshot_text(snapshot)
    run = Run(
        id=snapshot.id,
        site=snapshot.site_id,
        started_at=moment,
        finished_at=moment,
        mode="audit",
        tool_version="0",
        policy_sha256="0" * 64,
        snapshot_sha256=hashlib.sha256(text.encode()).hexdigest(),
        verdict="compliant",
        counts="{}",
        host="bench",
    )
    history.store(run, snapshot=text, report="{}", findings=(), judged=())


def replay(history: History, bench: Bench) -> int:
    """Judge every stored night again, the oldest first; gives the number of findings."""
    runs = reversed(history.runs("site"))
    return sum(
        len(evaluate(decode(Snapshot, json.loads(history.snapshot(run))), bench, Terms()).findings) for run in runs
    )


def main() -> int:
    made = world()
    bench = prepare(load_standard(made.CONFIG), None)
    with tempfile.TemporaryDirectory() as folder, History.open(Path(folder)) as history:
        for night in range(NIGHTS):
            store(history, made.snapshot(), night)
        began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        findings = replay(history, bench)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    busy = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(
        f"{NIGHTS} nights, {findings} findings: {took:.2f} s, {busy:.2f} s of a processor (at most {LIMIT_SECONDS} s)"
    )
    # one thread that only reckons: its own time, not that of what else the machine does
    return int(busy > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
