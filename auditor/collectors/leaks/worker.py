"""Searches portions of a pack; also a program of its own, which takes the order on a pipe and answers with JSON.

The key comes through the pipe, never through arguments or the environment; no value of a secret goes back.
"""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from auditor.collectors.leaks.compilation import use_compiled
from auditor.collectors.leaks.forest import Forest
from auditor.collectors.leaks.heads import BLOB, COMMIT, TAG, Heads
from auditor.collectors.leaks.ledger import Findings, Holder
from auditor.collectors.leaks.object_name import ObjectNames
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.scan import Scanner, name_sightings
from auditor.detector.accelerator import accelerator_of
from auditor.detector.engine import second_engine
from auditor.detector.own_kind import Patterns, kinds_with
from auditor.text import name_text

PLACES = {BLOB: "blob", COMMIT: "commit", TAG: "tag"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """The search of the pack at `path`, in a repository with these folders of objects, by one of several processes.

    `queue` is the descriptor of a pipe that holds the numbers of portions, a byte each: whoever reads one searches
    that portion. `heads` is that of a file with the pack's heads. `key` is in base64, `patterns` are a site's own
    kinds, id and expression, and `compiled` is the folder that keeps what was compiled.
    """

    path: str
    objects: tuple[str, ...]
    hash_bytes: int
    key: str
    queue: int
    heads: int
    patterns: Patterns = ()
    compiled: str | None = None


def search_portions(pack: Pack, order: Order, *, leads: bool, check: Callable[[], None]) -> Findings:
    """What the portions hold that could be had; who `leads` searches the trees and strays too.

    `check` is called before each portion, and raises where the time is over.
    """
    objects = [Path(folder) for folder in order.objects]
    scanner = Scanner(
        b64decode(order.key),
        ObjectNames(objects, order.hash_bytes),
        kinds=kinds_with(order.patterns),
        engine=second_engine(),
    )
    forest = Forest(pack, scanner)
    trees, *portions = forest.portions()
    found = Findings()
    if leads:
        forest.search(trees)
    while taken := os.read(order.queue, 1):
        check()
        forest.search(portions[taken[0]])
        found.holders += [
            Holder(PLACES[forest.kind(number)], pack.name(number), *one.shown, one.inside or "", line)
            for number, one, line in forest.holders()
        ]
    found.holders += [
        Holder("name", pack.name(forest.names[name]), *one.shown, name_text(shown))
        for name, one, shown in name_sightings(forest.names, scanner)
    ]
    found.suppressed = [(kind, reason, count) for (kind, reason), count in scanner.suppressed.items()]
    found.unsearched = [(pack.name(number), reason) for number, reason in scanner.unsearched.items()]
    found.read, found.searched_bytes = forest.read, scanner.searched_bytes
    if leads and pack.heads.strays:
        from auditor.collectors.leaks.stray import search_strays

        found.join(search_strays(pack, scanner.emptied(), objects, order.hash_bytes))
    return found


def _while(parent: int) -> None:
    """Ends this process where the one is gone that waits for it."""
    if os.getppid() != parent:
        raise SystemExit(1)


def _main() -> None:
    parent = os.getppid()
    text = sys.stdin.read()
    if not text:
        # who would have sent the order is gone
        return
    given = json.loads(text)
    patterns = tuple((name, regex) for name, regex in given.pop("patterns"))
    order = Order(**given, patterns=patterns)
    folder = Path(order.compiled) if order.compiled else None
    use_compiled(accelerator_of(kinds_with(patterns)), folder, b64decode(order.key), compile_anew=False)
    heads = Heads.from_bytes(os.pread(order.heads, os.fstat(order.heads).st_size, 0))
    with closing(Pack(Path(order.path), order.hash_bytes, heads)) as pack:
        found = search_portions(pack, order, leads=False, check=partial(_while, parent))
    sys.stdout.write(found.to_json())


if __name__ == "__main__":
    _main()
