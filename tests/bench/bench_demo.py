"""A whole audit of the demo's world against its slowest source, and the README's first command.

Run by hand: `python tests/bench/bench_demo.py [REPEATS]`. What an audit takes beyond its slowest source and an
interpreter that does nothing is at most 0.5 s (median), from the second night on; `auditor demo` as a whole takes at
most 30 s. It prints both, with the seconds of a processor, and exits 1 beyond a limit.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auditor.demo.world import World

LIMIT_SECONDS, DEMO_LIMIT_SECONDS = 0.5, 30


def run(*words: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds by the clock, and of a processor."""
    used, began = _children(), time.perf_counter()
    subprocess.run([sys.executable, *words], env=environment, capture_output=True, check=False, cwd="/")
    return time.perf_counter() - began, _children() - used


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def night(world: World, environment: dict[str, str]) -> tuple[float, float, float, str]:
    """How long an audit takes, of the clock and of a processor, and its slowest source with its name."""
    report = world.folder / "report.json"
    words = ("-m", "auditor", "audit", "-q", "-c", str(world.policy), "--format", f"json:{report}")
    took, busy = run(*words, environment=environment)
    told = json.loads(report.read_text())
    assert told["verdict"] == "compliant", told["summary"]
    slowest = max(told["sources"], key=lambda one: one["took_seconds"] or 0)
    return took, busy, slowest["took_seconds"], slowest["name"]


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as name, World(Path(name) / "world") as world:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "HOME": name}
        night(world, environment)  # the first compiles the rules, and copies Gitea's objects
        # in turn, so that what else the machine does meets both alike
        rounds = [(night(world, environment), run("-c", "pass", environment=environment)[0]) for _ in range(repeats)]
        whole, busy = run("-m", "auditor", "demo", "-q", environment=environment)
    beyond = statistics.median(took - slowest - nothing for (took, _, slowest, _), nothing in rounds)
    (took, used, slowest, source), _ = sorted(rounds)[len(rounds) // 2]
    print(f"an audit takes {took:.2f} s ({used:.2f} s of a processor), {source} {slowest:.2f} s of it:", end=" ")
    print(f"{beyond:.2f} s more than its slowest source (at most {LIMIT_SECONDS} s)")
    print(f"auditor demo: {whole:.1f} s, {busy:.1f} s of a processor (at most {DEMO_LIMIT_SECONDS} s)")
    return int(beyond > LIMIT_SECONDS or whole > DEMO_LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
