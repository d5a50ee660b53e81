"""Objects of a pack whose base lies elsewhere (a thin pack, which git itself refuses): slower, and rare.

Git is asked for each base; what leans on it is made here and searched whole.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from auditor.collectors.leaks.delta import applied
from auditor.collectors.leaks.heads import PackError
from auditor.collectors.leaks.ledger import Findings, Holder
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.scan import Scanner, line_of, name_sightings
from auditor.collectors.leaks.walk import Git
from auditor.errors import SourceError
from auditor.text import name_text

_NAMES = re.compile(rb"[0-7]{5,6} ([^\0/]+)\0")


def search_strays(pack: Pack, scanner: Scanner, objects: Sequence[Path], hash_bytes: int) -> Findings:
    """What the strays of a pack hold, and all that lean on them; one without its base is unsearched."""
    search = _Search(pack, scanner)
    try:
        with Git.over(objects, hash_bytes) as git:
            for number, base in pack.heads.strays.items():
                search.below(number, base.hex(), git)
    except SourceError as fault:
        for number in pack.heads.strays:
            search.lose(number, str(fault))
    search.finish()
    return search.found


class _Search:
    def __init__(self, pack: Pack, scanner: Scanner) -> None:
        self._pack, self._scanner = pack, scanner
        self._upon = pack.heads.children()[1]
        self._names: dict[bytes, int] = {}
        self.found = Findings()

    def below(self, number: int, base: str, git: Git) -> None:
        """Searches a stray and what leans on it."""
        try:
            kind, content = git.kind(base), git.content(base)
        except SourceError:
            self.lose(number, f"its base {base} is not to be had: run git fsck")
            return
        stack = [(number, content)]
        while stack:
            one, content = stack.pop()
            try:
                data = applied(content, self._pack.stream(one))
            except PackError as error:
                self.lose(one, str(error))
                continue
            self._take(one, kind, data)
            stack.extend((child, data) for child in self._upon.get(one, ()))

    def _take(self, number: int, kind: str, data: bytes) -> None:
        self.found.read += 1
        if kind == "tree":
            self._names.update(dict.fromkeys(_NAMES.findall(data), number))
            return
        self._scanner.add_whole(number, data)
        self._scanner.flush()
        self.found.holders += [
            Holder(kind, self._pack.name(number), *one.shown, one.inside or "", line_of(data, one.needle))
            for one in self._scanner.sightings.pop(number, {}).values()
        ]

    def lose(self, number: int, reason: str) -> None:
        """Says that an object is unsearched, with all that lean on it."""
        left = [number]
        while left:
            one = left.pop()
            self.found.unsearched.append((self._pack.name(one), reason))
            left.extend(self._upon.get(one, ()))

    def finish(self) -> None:
        """Adds what the scanner knows beside the holders."""
        self.found.holders += [
            Holder("name", self._pack.name(self._names[name]), *one.shown, name_text(shown))
            for name, one, shown in name_sightings(self._names, self._scanner)
        ]
        self.found.unsearched += [(self._pack.name(one), why) for one, why in self._scanner.unsearched.items()]
        self.found.suppressed = [(kind, why, count) for (kind, why), count in self._scanner.suppressed.items()]
        self.found.searched_bytes = self._scanner.searched_bytes
