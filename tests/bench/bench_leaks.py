"""The search for secrets in full histories, against `git cat-file` that only inflates every object.

Run by hand: `python tests/bench/bench_leaks.py REPOSITORY…` (each is copied into a passing folder, and only the copy is
changed). For each: the first night with all of its phases, the next night after one commit that brings a token, both
medians of five, and the memory of the largest process. The goals are 1.5 × git, 0.10 s beyond the start of Python and
its imports, and 500 MB; it exits 1 where one is missed. Wall time tells something on a quiet machine alone; CPU seconds
are those of all processes.
"""

import json
import os
import random
import string
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROUNDS = 5
RATIO_LIMIT, NIGHT_LIMIT_SECONDS, MEMORY_LIMIT_MB = 1.5, 0.10, 500
SEARCH = """
import json, resource, sys, time
from pathlib import Path
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task
began = time.perf_counter()
if len(sys.argv) > 1:
    found = search_repository(Path(sys.argv[1]), Task(key=b"k" * 32, ledger=Path(sys.argv[2])))
    numbers = {"objects": found.objects, "read": found.read, "mb": found.searched_bytes >> 20,
               "secrets": len(found.leaks), "unsearched": len(found.unsearched)}
else:
    numbers = {}
own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
numbers |= {"took": time.perf_counter() - began, "rss": max(own.ru_maxrss, others.ru_maxrss) >> 10}
print(json.dumps(numbers))
"""


def measured(command: list[str], folder: Path) -> tuple[float, float, bytes]:
    """Wall and CPU seconds of a command with all its children, and what it says."""
    began, before = os.times().elapsed, os.times()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return after.elapsed - began, cpu, done.stdout


def search(*arguments: Path) -> tuple[float, float, dict[str, float]]:
    wall, cpu, text = measured([sys.executable, "-c", SEARCH, *map(str, arguments)], Path.cwd())
    return wall, cpu, json.loads(text)


def first_night(repository: Path, ledger: Path) -> tuple[float, float, dict[str, float]]:
    """The compiled forms are kept beside the ledger: the median is that of a search which finds them."""
    ledger.unlink(missing_ok=True)
    return search(repository, ledger)


def floor(repository: Path) -> tuple[float, float]:
    """git's own reading of every object, thrown away."""
    command = "exec git cat-file --batch-all-objects --batch --unordered --buffer >/dev/null"
    wall, cpu, _ = measured(["sh", "-c", command], repository)
    return wall, cpu


def leaking_commit(repository: Path, seed: int) -> None:
    token = "ghp_" + "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=36))

    identity = ["-c", "user.name=a", "-c", "user.email=a@example.net"]

    def git(*words: str, data: str = "") -> str:
        return subprocess.run(
            ["git", *identity, *words], cwd=repository, input=data, capture_output=True, text=True, check=True
        ).stdout.strip()

    blob = git("hash-object", "-w", "--stdin", data=f"GITHUB_TOKEN={token}\n")
    tree = git("mktree", data=f"100644 blob {blob}\tleak.env\n")
    parent = git("for-each-ref", "--count=1", "--format=%(objectname)", "refs/heads")
    # a branch of its own: one that is moved elsewhere has the whole history walked anew
    git("update-ref", f"refs/heads/leaking-{seed}", git("commit-tree", tree, "-p", parent, "-m", "a leak"))


def bench(source: Path, folder: Path) -> bool:
    repository, ledger = folder / "repository", folder / "ledger.sqlite"
    subprocess.run(["cp", "-r", str(source), str(repository)], check=True)
    # by turns, so that a busy moment meets both
    rounds = [(floor(repository), first_night(repository, ledger)) for _ in range(ROUNDS)]
    git_wall, git_cpu = (median(one[place] for one, _ in rounds) for place in (0, 1))
    wall, cpu = (median(one[place] for _, one in rounds) for place in (0, 1))
    first = rounds[-1][1][2]
    nights = []
    for number in range(ROUNDS):
        leaking_commit(repository, number)
        nights.append(search(repository, ledger))
    night, second = median(wall for wall, _, _ in nights), nights[-1][2]
    start = median(search()[0] for _ in range(ROUNDS))
    assert second["secrets"] == first["secrets"] + ROUNDS, "a new token was not found"
    beyond = night - start
    print(
        f"{source.parent.name}: {first['objects']:.0f} objects, {first['mb']:.0f} MB searched, "
        f"{first['secrets']:.0f} secrets, {first['unsearched']:.0f} unsearched\n"
        f"  git {git_wall:.2f} s ({git_cpu:.2f} CPU); first night {wall:.2f} s ({cpu:.2f} CPU), "
        f"{wall / git_wall:.1f} x wall, {cpu / git_cpu:.1f} x CPU\n"
        f"  next night {night:.2f} s, {beyond:.2f} s beyond the start; {max(first['rss'], second['rss']):.0f} MB"
    )
    return wall <= RATIO_LIMIT * git_wall and beyond <= NIGHT_LIMIT_SECONDS and first["rss"] <= MEMORY_LIMIT_MB


def main() -> int:
    met = []
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            met.append(bench(Path(name).resolve(), Path(folder)))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
