"""A snapshot of 10,000 elements judged by 20 rules, as a whole process with a warm cache of compiled rules.

Run by hand: `python tests/bench/bench_evaluate.py [REPEATS]`. It prints the median, the least and the peak memory,
and exits 1 beyond 1 s or 150 MB.
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


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as base:
        policy, snapshot = write(Path(base))
        environment = {**os.environ, "XDG_CACHE_HOME": base, "HOME": base}
        command = [sys.executable, "-m", "auditor", "evaluate", snapshot, "-c", policy, "--format", f"json:{base}/r"]
        times = []
        for _ in range(repeats + 1):
            began = time.perf_counter()
            done = subprocess.run(command, env=environment, cwd=base, capture_output=True, text=True, check=False)
            times.append(time.perf_counter() - began)
            assert done.returncode == 0, done.stderr
        failed = json.loads(Path(base, "r").read_text())["summary"]["fail"]
    warm = times[1:]  # the first run compiles
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    print(f"{failed} failures: median {statistics.median(warm):.2f} s, least {min(warm):.2f} s, peak {peak:.0f} MB")
    return int(statistics.median(warm) > LIMIT_SECONDS or peak > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
