"""Walks the forest of deltas of a pack, inflates each object once, and gives the scanner what is new in each."""

import re
from collections.abc import Iterable, Iterator

from auditor.collectors.leaks.delta import LARGEST_BYTES, SEAM, applied, fresh
from auditor.collectors.leaks.expansion import is_packed
from auditor.collectors.leaks.pack import COMMIT, TREE, Pack, PackError
from auditor.collectors.leaks.scan import LONG, LONGEST_KEY, Sighting, TextSearch, line_of

_MARGIN = 160
# with these lines a commit names its tree and those before it
_NAMED = re.compile(rb"(?:(?:tree|parent) [0-9a-f]{40,64}\n)*")
_NAMES = re.compile(rb"[0-7]{5,6} ([^\0/]{10,})\0")
# shorter names hold no secret; a delta of a tree without as many such characters in a row brings none that does
_NEW_NAME = re.compile(rb"[\x21-\x7e]{10}")


class Forest:
    """The objects of one pack below some of its roots; `names` maps every longer file name to a tree that has it."""

    def __init__(self, pack: Pack, scanner: TextSearch) -> None:
        self._pack, self._scanner = pack, scanner
        self._alone, self._upon = pack.children()
        self._weights = _weights(pack)
        self.names: dict[bytes, int] = {}
        self.read = 0

    def roots(self, part: int, parts: int) -> list[int]:
        """The roots of one of `parts` portions of about the same work."""
        total = sum(self._weights[number] for number in self._alone)
        low, high = total * part // parts, total * (part + 1) // parts
        done = 0
        chosen = []
        for number in self._alone:
            if low <= done < high:
                chosen.append(number)
            done += self._weights[number]
        return chosen

    def search(self, roots: Iterable[int]) -> None:
        """Searches everything below the roots."""
        for root in roots:
            if self._pack.kinds[root] == TREE:
                self._search_trees(root)
            else:
                self._search_texts(root)
        self._scanner.flush()

    def kind(self, number: int) -> int:
        """COMMIT, TREE, BLOB or TAG, which a delta has from its base."""
        while not self._pack.kinds[number]:
            number = self._pack.bases[number]
        return self._pack.kinds[number]

    def holders(self) -> Iterator[tuple[int, Sighting, int]]:
        """Every object with each secret in it and its line (0: none).

        They are those where a secret was found, and those that took it over from their base.
        """
        for number, found in self._scanner.sightings.items():
            needles = [one for one in found.values() if one.needle]
            yield from ((number, one, 0) for one in found.values() if not one.needle)
            if needles:
                yield from self._heirs(number, needles)

    def content(self, number: int) -> bytes:
        """An object's content, by way of its bases."""
        chain = [number]
        while not self._pack.kinds[chain[-1]]:
            chain.append(self._pack.bases[chain[-1]])
        data = self._pack.stream(chain.pop())
        while chain:
            data = applied(data, self._pack.stream(chain.pop()))
        return data

    def _heirs(self, number: int, found: list[Sighting]) -> Iterator[tuple[int, Sighting, int]]:
        data = self.content(number)
        # what a part of the text made look like a secret, the whole may explain
        known = self._scanner.marks(data)
        found = [one for one in found if one.hmac in known or one.encoded]
        yield from ((number, one, line_of(data, one.needle)) for one in found)
        stack = [(number, data, found)]
        while stack:
            base, data, carried = stack.pop()
            for child in self._upon.get(base, ()):
                if child in self._scanner.unsearched:
                    continue
                result = applied(data, self._pack.stream(child))
                kept = [one for one in carried if one.needle in result]
                yield from ((child, one, line_of(result, one.needle)) for one in kept)
                if kept and child in self._upon:
                    stack.append((child, result, kept))

    def _search_texts(self, root: int) -> None:
        if not self._fits(root):
            return
        data = self._stream(root)
        if data is None:
            return
        kind = self._pack.kinds[root]
        self.read += 1
        long = self._whole(root, data[_NAMED.match(data).end() :] if kind == COMMIT else data)  # type: ignore[union-attr]
        stack = [(data, long, self._children(root))]
        while stack:
            data, long, left = stack[-1]
            if not left:
                stack.pop()
                continue
            number = left.pop()
            if not left:
                stack.pop()
            try:
                delta = self._pack.stream(number)
                result = applied(data, delta)
                inherits = self._part(number, data, delta, result, long)
            except PackError as error:
                self._lost(number, str(error))
                continue
            self.read += 1
            if number in self._upon:
                stack.append((result, inherits, self._children(number)))

    def _whole(self, number: int, data: bytes) -> bool:
        """Takes a whole text; whether one that leans on it has to be taken whole too."""
        self._scanner.add_whole(number, data)
        return any(word in data for word in LONG)

    def _part(self, number: int, base: bytes, delta: bytes, data: bytes, has_key: bool) -> bool:
        """Takes what is new in a text; whether one that leans on it has to be asked for keys."""
        if is_packed(data):
            return self._whole(number, data)
        if self._scanner.takes_whole:
            self._scanner.add(number, data)
            return False
        new = fresh(base, delta)
        if has_key or any(word in new for word in LONG):
            blocks = list(_keys(data))
            has_key = bool(blocks)
            new = SEAM.join((new, *(block for block in blocks if block not in base)))
        if new:
            self._scanner.add(number, new)
        return has_key

    def _search_trees(self, root: int) -> None:
        """Names of trees; a delta that can bring none is not applied."""
        data = self._stream(root)
        if data is None:
            return
        self._read_names(root, data)
        contents: dict[int, bytes | None] = {root: data}
        stack = [(root, iter(self._children(root)))]
        while stack:
            base, left = stack[-1]
            number = next(left, None)
            if number is None:
                stack.pop()
                del contents[base]
                continue
            delta = self._stream(number)
            if delta is None:
                continue
            contents[number] = None
            if _NEW_NAME.search(delta):
                self._apply_trees([each for each, _ in stack] + [number], contents)
            stack.append((number, iter(self._children(number))))

    def _apply_trees(self, line: list[int], contents: dict[int, bytes | None]) -> None:
        at = len(line) - 1
        while contents[line[at]] is None:
            at -= 1
        data = contents[line[at]] or b""
        try:
            for number in line[at + 1 :]:
                data = contents[number] = applied(data, self._pack.stream(number))
        except PackError as error:
            self._lost(line[-1], str(error))
            return
        self._read_names(line[-1], data)

    def _read_names(self, number: int, data: bytes) -> None:
        for name in _NAMES.findall(data):
            self.names.setdefault(name, number)

    def _stream(self, number: int) -> bytes | None:
        try:
            data = self._pack.stream(number)
        except PackError as error:
            self._lost(number, str(error))
            return None
        self.read += self._pack.kinds[number] in (0, TREE)
        return data

    def _fits(self, number: int) -> bool:
        if self._pack.sizes[number] <= LARGEST_BYTES:
            return True
        self._lost(number, f"it has more than {LARGEST_BYTES >> 20} MB")
        return False

    def _children(self, number: int) -> list[int]:
        """The lightest last: taken first, it lets go of its memory before the heaviest begins."""
        return sorted(self._upon.get(number, ()), key=self._weights.__getitem__, reverse=True)

    def _lost(self, number: int, reason: str) -> None:
        """An object that can't be searched takes along all that lean on it."""
        left = [number]
        while left:
            one = left.pop()
            self._scanner.unsearched.setdefault(one, reason)
            left.extend(self._upon.get(one, ()))


def _keys(data: bytes) -> Iterator[bytes]:
    """The blocks of private keys: what is new in one is new in its whole."""
    for word in LONG:
        at = data.find(word)
        while at >= 0:
            end = data.find(b"-----END", at, at + LONGEST_KEY)
            yield data[max(0, at - _MARGIN) : (end if end >= 0 else at + LONGEST_KEY) + _MARGIN]
            at = data.find(word, at + 1)


def _weights(pack: Pack) -> list[int]:
    """Roughly the work below each object; trees weigh little."""
    weights = [pack.offsets[number + 1] - pack.offsets[number] + 64 for number in range(len(pack))]
    for number in range(len(pack) - 1, -1, -1):
        if 0 <= pack.bases[number] < number and not pack.kinds[number]:
            weights[pack.bases[number]] += weights[number]
    return weights
