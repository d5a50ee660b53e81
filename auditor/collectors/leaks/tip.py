"""What lies at some paths of many commits: a tree is read once, however many of them share it."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.collectors.leaks.walk import Git

_TREE_MODE, _LINK_MODE = b"40000", b"160000"
# a path and the object that lies there
File = tuple[bytes, str]
# a tree by its id, and the folder as which it is read
_Place = tuple[str, bytes]


@dataclass(slots=True)
class _Listing:
    """What is asked for of a tree: files, and folders."""

    files: list[File] = field(default_factory=list)
    folders: list[_Place] = field(default_factory=list)


def files_at(
    git: Git, commits: Sequence[str], paths: Iterable[bytes], keep: Callable[[File], bool]
) -> dict[File, list[str]]:
    """Every file to `keep` that one of the commits has at one of the paths, and the commits that have it."""
    asked: dict[bytes, set[bytes]] = {}
    for path in paths:
        rest = path
        while rest:
            rest, _, name = rest.rpartition(b"/")
            asked.setdefault(rest, set()).add(name)
    trees = git.trees(commits)
    listings = _listings(git, {(tree, b"") for tree in trees.values()}, asked, keep)
    # what lies below a folder was listed after it
    for listing in reversed(listings.values()):
        for place in listing.folders:
            listing.files += listings[place].files
    found: dict[File, list[str]] = defaultdict(list)
    for commit, tree in trees.items():
        for file in listings[tree, b""].files:
            found[file].append(commit)
    return found


def _listings(
    git: Git, level: set[_Place], asked: Mapping[bytes, set[bytes]], keep: Callable[[File], bool]
) -> dict[_Place, _Listing]:
    """The trees and all below that are asked for, level by level."""
    entry = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{%d})" % git.hash_bytes, re.DOTALL)
    found: dict[_Place, _Listing] = {}
    while level:
        contents = git.contents(sorted({tree for tree, _ in level}))
        for tree, folder in level:
            found[tree, folder] = listing = _Listing()
            names = asked.get(folder, set())
            for mode, name, raw in entry.findall(contents[tree]):
                if name not in names:
                    continue
                path = folder + b"/" + name if folder else name
                if mode == _TREE_MODE:
                    if path in asked:
                        listing.folders.append((raw.hex(), path))
                elif mode != _LINK_MODE and keep((path, raw.hex())):
                    listing.files.append((path, raw.hex()))
        level = {place for one in level for place in found[one].folders} - found.keys()
    return found
