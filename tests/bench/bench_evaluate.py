"""A snapshot of 10,000 elements judged by 20 rules, as a whole process with warm caches, against an idle interpreter.

Run by hand: `python tests/bench/bench_evaluate.py [REPEATS]`. It prints the median, the least, the processor time and
the peak memory, and exits 1 where the median is beyond 1 s or the memory beyond 150 MB.
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

ELEMENTS, RULES = 10_000, 20
LIMIT_SECONDS, LIMIT_MB = 1.0, 150
MOMENT = "2026-02-01T03:00:00Z"
# every tenth element fails the rules that look at its name
RULE = """
  - id: own-{number}
    invariant: source-of-truth
    severity: low
    title: Rule {number}
    for_each: local.untracked
    as: file
    assert: "!file.path.startsWith('bad-{number}-')"
    subject: "local:file:{{file.path}}"
    message: "{{file.path}} is bad"
"""


def write(folder: Path) -> tuple[Path, Path]:
    policy, snapshot = folder / "policies.yaml", folder / "s.json"
    rules = "".join(RULE.format(number=number) for number in range(RULES))
    off = "".join(f"  - {{id: {name}, enabled: false, reason: not measured}}\n" for name in shipped())
    policy.write_text(f"schema: 1\nid: bench\nlocal: {{path: .}}\nrules:\n{off}{rules}")
    files = [
        {"path": f"{'bad' if index % 10 == 0 else 'good'}-{index % RULES}-{index}.md", "changed_at": MOMENT}
        for index in range(ELEMENTS)
    ]
    local = {"available": True, "observed_at": MOMENT, "untracked": files}
    head = {"schema_version": 1, "tool_version": "0", "id": "x", "site_id": "bench", "mode": "collect"}
    runs = [{"name": "local", "status": "ok"}]
    times = {"started_at": MOMENT, "finished_at": MOMENT}
    snapshot.write_text(json.dumps({**head, **times, "sources": runs, "local": local}))
    return policy, snapshot


def shipped() -> list[str]:
    from auditor.config import Config
    from auditor.config.loader import load_standard
    from auditor.policy.loader import load_policy

    return [rule.id for rule in load_policy(load_standard(Config(id="bench")))[0].rules]


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(command: list[str | Path], environment: dict[str, str], folder: str) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    used, began = processor_seconds(), time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    return took, processor_seconds() - used


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as base:
        policy, snapshot = write(Path(base))
        # compiled modules are kept, as an installation has them
        environment = {**os.environ, "XDG_CACHE_HOME": base, "HOME": base, "PYTHONPYCACHEPREFIX": f"{base}/pyc"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "auditor", "evaluate", snapshot, "-c", policy, "--format", f"json:{base}/r"]
        measure(command, environment, base)  # the first run compiles
        # in turn, so that what else the machine does meets both alike
        rounds = [
            (measure(command, environment, base), measure([sys.executable, "-c", "pass"], environment, base))
            for _ in range(repeats)
        ]
        failed = json.loads(Path(base, "r").read_text())["summary"]["fail"]
    whole, nothing = ([took for took, _ in column] for column in zip(*rounds, strict=True))
    used = statistics.median(used for (_, used), _ in rounds)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    median, idle = statistics.median(whole), statistics.median(nothing)
    print(f"{failed} failures: median {median:.2f} s, least {min(whole):.2f} s, peak {peak:.0f} MB")
    print(f"processor: median {used:.2f} s")
    print(f"python -c pass in the same run: median {idle:.3f} s, least {min(nothing):.3f} s")
    return int(median > LIMIT_SECONDS or peak > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
