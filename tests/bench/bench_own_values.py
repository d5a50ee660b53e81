"""The search for a site's own values in full histories, against the search for secrets in the same.

Run by hand: `python tests/bench/bench_own_values.py REPOSITORY…` (read only). For each, in CPU seconds of all
processes: both searches of the first night, for the values of two machines that are known by HMACs, and the next
night, on which nothing is new. It exits 1 where the search for own values costs more than three times the other, or
the next night more than 0.5 s.
"""

import os
import random
import string
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from auditor.collectors.leaks.own_search import search_own_values
from auditor.collectors.leaks.repository import search_repository
from auditor.collectors.leaks.task import Task
from auditor.confidence import Machine, Mark, Told
from auditor.detector.own_value import mark_of, own_marks
from auditor.model.facts.leaks import LeakSearch

RATIO_LIMIT, NIGHT_LIMIT_SECONDS = 3.0, 0.5
RUN_KEY = b"0" * 32


def values(seed: int) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices(string.ascii_letters + string.digits, k=size)) for size in (12, 20, 32, 40)]


def told() -> dict[Machine, Told]:
    known = [(f"local:env:.env#{number}", "A_TOKEN", value) for number, value in enumerate(values(1))]
    marks = [Mark(f"nas:env:.env#{n}", mark_of(value.encode(), RUN_KEY)) for n, value in enumerate(values(2))]
    return {"local": Told(own_marks(known, RUN_KEY)[0], (), "one"), "nas": Told(tuple(marks), (), "two")}


def cpu(search: Callable[[], LeakSearch]) -> tuple[float, LeakSearch]:
    before = sum(os.times()[:4])
    found = search()
    return sum(os.times()[:4]) - before, found


def measured(repository: Path) -> bool:
    """Prints the figures of a repository; whether they keep to the limits."""
    with tempfile.TemporaryDirectory() as folder:
        task = Task(key=b"k" * 32, ledger=Path(folder) / "x.sqlite")
        plain, _ = cpu(lambda: search_repository(repository, task))
        own, found = cpu(lambda: search_own_values(repository, task, told(), RUN_KEY))
        night, _ = cpu(lambda: search_own_values(repository, task, told(), RUN_KEY))
    print(
        f"{repository}: secrets {plain:.2f} s, own values {own:.2f} s more ({own / plain:.1f} ×; {found.read} objects, "
        f"{found.searched_bytes >> 20} MB), the next night {night:.2f} s"
    )
    return own <= RATIO_LIMIT * plain and night <= NIGHT_LIMIT_SECONDS


if __name__ == "__main__":
    results = [measured(Path(name)) for name in sys.argv[1:]]
    sys.exit(not all(results))
