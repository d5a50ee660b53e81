"""The mirror against git itself, over loopback smart HTTP: first clone, a night without change, reading history.

    python -m tests.bench.bench_mirror [--commits 7500] [--history 20000]

Each line shows both times and their ratio, of the same run and machine. Targets: clone at most 2 x `git clone --mirror`
with git's index-pack, 5 x without; unchanged night at most 1.5 x `git ls-remote` + 100 ms.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from auditor.interfaces import Deadline
from auditor.transports.http import HttpClient
from auditor.transports.mirror.update import update_mirror
from auditor.transports.mirror.view import Mirror
from tests.lab.git_http import serve_git
from tests.lab.git_import import ENVIRONMENT, commits, git, make_repository

_ROUNDS = 5
_T = TypeVar("_T")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=7500)
    parser.add_argument("--history", type=int, default=20000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _measure_transfer(folder, options.commits)
        _measure_history(folder, options.history)


def _measure_transfer(folder: Path, count: int) -> None:
    repository = make_repository(folder / "o" / "r.git", commits("refs/heads/main", count))
    for number in range(1, 51):
        git(repository, "update-ref", f"refs/pull/{number}/head", f"refs/heads/main~{number * 7}")
    git(repository, "gc", "-q")
    print(f"objects: {git(repository, 'count-objects', '-v').partition('in-pack: ')[2].split()[0]}")
    with serve_git(folder) as server:
        url = f"{server.url}/o/r.git"
        clone, _ = _best(lambda n: _git("clone", "-q", "--mirror", url, str(folder / f"clone{n}")), 3)
        listed, _ = _best(lambda _: _git("ls-remote", url))
        print(f"git clone --mirror {clone:.3f} s, git ls-remote {listed:.3f} s")
        for name, program in (("index-pack", "auto"), ("dulwich", None)):
            first, _ = _best(lambda n, p=program, k=name: _update(folder / f"{k}{n}", url, p), 3)  # type: ignore[misc]
            night, _ = _best(lambda _, p=program, k=name: _update(folder / f"{k}0", url, p))  # type: ignore[misc]
            limit = 1.5 * listed + 0.1
            print(f"{name}: first {first:.3f} s = {first / clone:.2f} x; night {night:.3f} s (limit {limit:.3f} s)")
    local, _ = _best(lambda n: _update(folder / f"local{n}", str(repository), "auto"), 1)
    print(f"local path: first {local:.3f} s")


def _measure_history(folder: Path, count: int) -> None:
    repository = make_repository(folder / "o" / "long.git", commits("refs/heads/main", count))
    _update(folder / "long", str(repository), "auto")
    with Mirror.open(folder / "long") as mirror:
        tip = mirror.tip("refs/heads/main") or ""
        read, history = _best(lambda _: list(mirror.first_parents(tip)), 1)
        print(f"first_parents of {len(history)}: {read:.3f} s = {read / len(history) * 1e6:.0f} us each")
    with Mirror.open(folder / "long") as mirror:
        asked, _ = _best(lambda _: mirror.is_ancestor(history[-1].sha, tip), 1)
        again, _ = _best(lambda _: mirror.is_ancestor(history[-1].sha, tip), 1)
        print(f"is_ancestor across all of it: {asked:.3f} s, again {again:.3f} s")


def _update(folder: Path, source: str, program: str | None) -> None:
    deadline = Deadline.after(600)
    with HttpClient(deadline=deadline) as http:
        update_mirror(folder, source, http=http, deadline=deadline, progress=lambda _: None, git=program, token=False)


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], env=ENVIRONMENT, check=True, capture_output=True)


def _best(job: Callable[[int], _T], rounds: int = _ROUNDS) -> tuple[float, _T]:
    best = float("inf")
    for number in range(rounds):
        started = time.perf_counter()
        result = job(number)
        best = min(best, time.perf_counter() - started)
    return best, result


if __name__ == "__main__":
    main()
