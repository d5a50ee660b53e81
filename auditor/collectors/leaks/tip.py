"""What lies at some paths of many commits: a tree is read once, however many of them share it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.collectors.leaks.walk import Git

_TREE_MODE, _LINK_MODE = b"40000", b"160000"
# a tree by its id, and the folder as which it is read
_Place = tuple[str, bytes]


@dataclass(slots=True)
class _Listing:
    """What is asked for of a tree: paths with their objects, and folders."""

    files: list[tuple[bytes, str]] = field(default_factory=list)
    folders: list[_Place] = field(default_factory=list)


def files_at(git: Git, commits: Sequence[str], paths: Iterable[bytes]) -> Iterator[tuple[str, bytes, str]]:
    """Commit, path and object of every file that one of the commits has at one of the paths."""
    asked: dict[bytes, set[bytes]] = {}
    for path in paths:
        rest = path
        while rest:
            rest, _, name = rest.rpartition(b"/")
            asked.setdefault(rest, set()).add(name)
    trees = git.trees(commits)
    listings = _listings(git, {(tree, b"") for tree in trees.values()}, asked)
    for commit, tree in trees.items():
        left = [(tree, b"")]
        while left:
            listing = listings[left.pop()]
            yield from ((commit, path, oid) for path, oid in listing.files)
            left += listing.folders


def _listings(git: Git, level: set[_Place], asked: Mapping[bytes, set[bytes]]) -> dict[_Place, _Listing]:
    """The trees and all below that are asked for, level by level."""
    entry = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{%d})" % git.hash_bytes, re.DOTALL)
    found: dict[_Place, _Listing] = {}
    while level:
        contents = git.contents(sorted({tree for tree, _ in level}))
        for tree, folder in level:
            found[tree, folder] = listing = _Listing()
            for mode, name, raw in entry.findall(contents[tree]):
                path = folder + b"/" + name if folder else name
                if mode == _TREE_MODE and path in asked:
                    listing.folders.append((raw.hex(), path))
                elif mode not in (_TREE_MODE, _LINK_MODE) and name in asked.get(folder, ()):
                    listing.files.append((path, raw.hex()))
        level = {place for one in level for place in found[one].folders} - found.keys()
    return found
