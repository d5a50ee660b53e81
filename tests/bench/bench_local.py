"""The local witness against git itself on one warm clone of 10,000 files and 120 MB, content hashed by both.

Run by hand: `python tests/bench/bench_local.py [REPEATS]`. It prints the medians, their ratio (at most 3) and the
witness's peak memory (at most 150 MB), and exits 1 beyond a limit.
"""

# paths are bytes here, which pathlib can't hold

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES, FOLDERS, BYTES = 10_000, 500, 120_000_000
RATIO_LIMIT, MEMORY_LIMIT_MB = 3.0, 150

MEASURE = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
start = time.perf_counter()
from auditor.collectors.local.clone import observe
from auditor.interfaces import Deadline
facts = observe(Path(sys.argv[1]), remote="origin", branch="main", now=datetime.now(UTC),
                deadline=Deadline.after(600), progress=lambda _text: None)
took = time.perf_counter() - start
assert facts.tracked_count == int(sys.argv[2]) and facts.unstaged == () == facts.staged and not facts.gaps, facts.gaps
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
print(took, peak)
"""


def environment(home: str) -> dict[str, str]:
    return {**os.environ, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def make_clone(folder: Path, env: dict[str, str]) -> None:
    chance = random.Random(7)
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True, env=env)
    (folder / ".gitignore").write_text("node_modules/\n*.log\n.env*\n")
    for number in range(FILES - 1):
        path = folder / f"d{number % FOLDERS}" / f"f{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(BYTES // FILES // 2).hex().encode())
    name = ["-c", "user.name=b", "-c", "user.email=b@example.net"]
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True, env=env)
    subprocess.run(["git", "-C", folder, *name, "commit", "-qm", "first"], check=True, env=env)


def touch_all(folder: Path) -> None:
    now = time.time()
    for base, folders, files in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for file in files:
            os.utime(os.path.join(base, file), (now, now))


def time_git(folder: Path, env: dict[str, str]) -> float:
    """Seconds of a `git status` that must hash everything: each file has a new mtime, the index is put back after."""
    index = (folder / ".git/index").read_bytes()
    touch_all(folder)
    start = time.perf_counter()
    subprocess.run(["git", "-C", folder, "status", "--porcelain", "-uall"], check=True, env=env, capture_output=True)
    took = time.perf_counter() - start
    (folder / ".git/index").write_bytes(index)
    return took


def time_witness(folder: Path, env: dict[str, str]) -> tuple[float, float]:
    """Seconds, imports included, and megabytes at the peak."""
    command = [sys.executable, "-c", MEASURE, folder, str(FILES)]
    done = subprocess.run(command, check=True, env=env, capture_output=True, text=True)
    took, peak = map(float, done.stdout.split())
    return took, peak


def main() -> int:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as base:
        env, folder = environment(base), Path(base) / "clone"
        make_clone(folder, env)
        rounds = [(time_git(folder, env), *time_witness(folder, env)) for _ in range(repeats)]
    git, witness = (statistics.median(column) for column in list(zip(*rounds, strict=True))[:2])
    peak = max(row[2] for row in rounds)
    print(f"git {git:.2f} s, witness {witness:.2f} s, ratio {witness / git:.2f}, peak {peak:.0f} MB")
    return int(witness / git > RATIO_LIMIT or peak > MEMORY_LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
