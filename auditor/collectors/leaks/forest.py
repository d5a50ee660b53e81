"""Walks the forest of deltas of a pack, inflates each object once, and gives the scanner what is new in each."""

import re
from array import array
from collections.abc import Iterable, Iterator

from auditor.collectors.leaks.delta import SEAM, applied, merged
from auditor.collectors.leaks.expansion import is_packed
from auditor.collectors.leaks.heads import COMMIT, TREE, Heads, PackError
from auditor.collectors.leaks.pack import Pack
from auditor.collectors.leaks.scan import KEY_WORDS, LONGEST_KEY, Sighting, TextSearch, has_key_word, line_of

_MARGIN = 160
# with these lines a commit names its tree and those before it
_NAMED = re.compile(rb"(?:(?:tree|parent) [0-9a-f]{40,64}\n)*")
_NAMES = re.compile(rb"[0-7]{5,6} ([^\0/]{10,})\0")
# shorter names hold no secret; a delta of a tree without as many such characters in a row brings none that does
_NEW_NAME = re.compile(rb"[\x21-\x7e]{10}")
# small enough that processes which share them end together
MOST_PORTIONS = 64


class Forest:
    """The objects of one pack below some of its roots; `names` maps every longer file name to a tree that has it."""

    def __init__(self, pack: Pack, scanner: TextSearch) -> None:
        self._pack, self._scanner = pack, scanner
        self._kinds = pack.heads.kinds
        self._alone, self._upon = pack.heads.children()
        self._weights = _weights(pack.heads)
        self.names: dict[bytes, int] = {}
        self.read = 0

    def portions(self) -> list[list[int]]:
        """All roots: those of the trees, and then MOST_PORTIONS portions of the others, the heaviest first."""
        trees = [number for number in self._alone if self._kinds[number] == TREE]
        texts = [number for number in self._alone if self._kinds[number] != TREE]
        enough = sum(self._weights[number] for number in texts) / MOST_PORTIONS
        portions: list[tuple[int, list[int]]] = [(0, [])]
        for number in texts:
            weight, portion = portions[-1]
            if weight >= enough:
                weight, portion = 0, []
                portions.append((0, portion))
            portion.append(number)
            portions[-1] = weight + self._weights[number], portion
        portions.sort(reverse=True)
        portions += [(0, [])] * (MOST_PORTIONS - len(portions))
        return [trees, *(portion for _, portion in portions)]

    def search(self, roots: Iterable[int]) -> None:
        """Searches everything below the roots."""
        for root in roots:
            if self._kinds[root] == TREE:
                self._search_trees(root)
            else:
                self._search_texts(root)
        self._scanner.flush()

    def kind(self, number: int) -> int:
        """COMMIT, TREE, BLOB or TAG, which a delta has from its base."""
        return self._kinds[self._line(number)[-1]]

    def holders(self) -> Iterator[tuple[int, Sighting, int]]:
        """Every object with each secret in it and its line (0: none), of what was found since this was asked last.

        They are those where a secret was found, and those that took it over from their base.
        """
        found = {number: list(each.values()) for number, each in self._scanner.sightings.items()}
        self._scanner.sightings.clear()
        wanted: dict[int, set[int]] = {}
        for number, each in found.items():
            yield from ((number, one, 0) for one in each if not one.needle)
            found[number] = [one for one in each if one.needle]
            if found[number]:
                line = self._line(number)
                wanted.setdefault(line[-1], set()).update(line)
        for root, below in wanted.items():
            yield from self._heirs(root, found, below)

    def _line(self, number: int) -> list[int]:
        """An object, its base, and so on to the one that stands alone."""
        line = [number]
        while not self._kinds[line[-1]]:
            line.append(self._pack.heads.bases[line[-1]])
        return line

    def _heirs(
        self, root: int, found: dict[int, list[Sighting]], wanted: set[int]
    ) -> Iterator[tuple[int, Sighting, int]]:
        """Goes down from a root to all that is `wanted`, and on to what takes a secret over."""
        nothing: list[Sighting] = []
        stack = [(root, b"", nothing)]
        while stack:
            number, base, carried = stack.pop()
            stream = self._pack.stream(number)
            data = stream if self._kinds[number] else applied(base, stream)
            carried = [one for one in carried if one.needle in data]
            new = {one.hmac for one in found.get(number, ())}.difference(one.hmac for one in carried)
            if new:
                # what a part of the text made look like a secret, the whole may explain
                known = self._scanner.marks(data)
                carried += [one for one in found[number] if one.hmac in new and (one.hmac in known or one.encoded)]
            yield from ((number, one, line_of(data, one.needle)) for one in carried)
            stack.extend(
                (child, data, carried)
                for child in self._upon.get(number, ())
                if child in wanted or (carried and child not in self._scanner.unsearched)
            )

    def _search_texts(self, root: int) -> None:
        data = self._stream(root)
        if data is None:
            return
        text = data[_NAMED.match(data).end() :] if self._kinds[root] == COMMIT else data  # type: ignore[union-attr]
        has_key = self._whole(root, text)
        stack = [(child, data, has_key) for child in self._children(root)]
        while stack:
            number, base, has_key = stack.pop()
            try:
                delta = self._pack.stream(number)
                data, new = (applied(base, delta), b"") if self._scanner.takes_whole else merged(base, delta)
                has_key = self._part(number, base, data, new, has_key)
            except PackError as error:
                self._lost(number, str(error))
                continue
            self.read += 1
            if number in self._upon:
                stack += [(child, data, has_key) for child in self._children(number)]

    def _whole(self, number: int, data: bytes) -> bool:
        """Takes a whole text; whether one that leans on it has to be taken whole too."""
        self._scanner.add_whole(number, data)
        return has_key_word(data)

    def _part(self, number: int, base: bytes, data: bytes, new: bytes, has_key: bool) -> bool:
        """Takes what is new in a text; whether one that leans on it has to be asked for keys."""
        if is_packed(data):
            return self._whole(number, data)
        if self._scanner.takes_whole:
            self._scanner.add(number, data)
            return False
        if has_key or has_key_word(new):
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
        self.read += 1
        return data

    def _children(self, number: int) -> list[int]:
        """The lightest last: taken first, it lets go of its memory before the heaviest begins."""
        children = self._upon.get(number, [])
        return sorted(children, key=self._weights.__getitem__, reverse=True) if len(children) > 1 else children

    def _lost(self, number: int, reason: str) -> None:
        """An object that can't be searched takes along all that lean on it."""
        left = [number]
        while left:
            one = left.pop()
            self._scanner.unsearched.setdefault(one, reason)
            left.extend(self._upon.get(one, ()))


def _keys(data: bytes) -> Iterator[bytes]:
    """The blocks of private keys: what is new in one is new in its whole."""
    for word in KEY_WORDS:
        at = data.find(word)
        while at >= 0:
            end = data.find(b"-----END", at, at + LONGEST_KEY)
            yield data[max(0, at - _MARGIN) : (end if end >= 0 else at + LONGEST_KEY) + _MARGIN]
            at = data.find(word, at + 1)


def _weights(heads: Heads) -> "array[int]":
    """Roughly the work below each object."""
    offsets = heads.offsets
    weights = array("Q", (offsets[number + 1] - offsets[number] + 64 for number in range(len(heads))))
    for number in range(len(heads) - 1, -1, -1):
        if 0 <= heads.bases[number] < number and not heads.kinds[number]:
            weights[heads.bases[number]] += weights[number]
    return weights
