"""One release against one tree, path by path and byte by byte: the same, changed, extra, or not to be judged."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from auditor.dockerignore import DockerIgnore
from auditor.frozen import frozen
from auditor.gitfile.ignore import Pattern, deciding_from_root, parse_patterns
from auditor.model.facts.canon import CanonFile, CanonTree
from auditor.model.facts.nas import PrunedFolder, ReleaseFile
from auditor.model.missing import MISSING
from auditor.text import folded, name_bytes

# what a NAS and desktop systems leave in shares (nas.md §4.8)
_NOISE = re.compile(
    r"(^|/)(@eaDir|#recycle|#snapshot|@tmp|@sharebin|\.TemporaryItems|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini"
    r"|[^/]*@SynoEAStream|[^/]*@SynoResource)(/|$)"
)

Kind: TypeAlias = Literal["modified", "missing", "type-changed", "eol-only", "extra"]


@frozen
class DriftPath:
    """A path that is not the commit's; `sha256` is what lies there, `canonical` what should, None where nothing does.

    `kind` is `extra` for a path that the commit lacks; `eol-only` differs in line ends alone. `found` says what lies
    there. `twin` is the spelling under which the other side has the same name (letter case, Unicode form). `ignored`
    follows the canonical `.gitignore`, `in_context` the canonical `.dockerignore`. `noise` is what a NAS leaves behind;
    `verbatim` lies below a folder that the build serves as it is.
    """

    path: str
    kind: Kind
    sha256: str | None = None
    canonical: str | None = None
    found: Literal["file", "symlink", "other"] | None = None
    modified_at: str | None = None
    twin: str | None = None
    ignored: bool = False
    in_context: bool = True
    noise: bool = False
    verbatim: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a change of the code: not what git ignores, nor what a NAS leaves where no build takes it."""
        return self.kind != "extra" or (not self.ignored and (not self.noise or self.verbatim))


@frozen
class Unjudged:
    """A path that can't be compared, and why."""

    path: str
    reason: str


@frozen
class Listing:
    """What was read of a release: `whole` is False where files may be missing from the list."""

    files: tuple[ReleaseFile, ...]
    pruned: tuple[PrunedFolder, ...]
    whole: bool


@frozen
class Comparison:
    """`changed` are paths of the commit, `extra` the others; each sorted by path."""

    same_count: int
    changed: tuple[DriftPath, ...]
    extra: tuple[DriftPath, ...]
    unjudged: tuple[Unjudged, ...]


def compare(listing: Listing, tree: CanonTree, verbatim: Iterable[str]) -> Comparison:
    """The comparison of a release with a tree; `verbatim` are folders that the build copies as they are."""
    there = {file.path: file for file in listing.files}
    judged = [_judged(one, there.get(one.path), listing) for one in tree.files]
    changed = [one for one in judged if isinstance(one, DriftPath)]
    extra = list(_extra(there, tree, tuple(f"{name.strip('/')}/" for name in verbatim)))
    return Comparison(
        same_count=sum(one is None for one in judged),
        changed=tuple(_with_twins(changed, extra)),
        extra=tuple(_with_twins(extra, changed)),
        unjudged=tuple(one for one in judged if isinstance(one, Unjudged)),
    )


def _judged(canon: CanonFile, file: ReleaseFile | None, listing: Listing) -> DriftPath | Unjudged | None:
    """None where the file is the commit's."""
    if canon.kind == "submodule":
        return Unjudged(path=canon.path, reason="a submodule is not followed")
    expected = None if canon.sha256 is MISSING else canon.sha256
    if file is None:
        why = _unseen(canon.path, listing)
        return Unjudged(path=canon.path, reason=why) if why else _missing(canon.path, expected)
    found = None if file.sha256 is MISSING else file.sha256
    if file.kind != canon.kind:
        kind: Kind = "type-changed"
    elif found is None:
        return Unjudged(path=canon.path, reason="it could not be read on the NAS")
    elif found in (expected, canon.lfs_sha256):
        return None
    elif expected is None:
        return Unjudged(path=canon.path, reason="an ident or filter attribute decides what lies there")
    else:
        kind = "eol-only" if found == canon.other_eol_sha256 else "modified"
    return DriftPath(
        path=canon.path,
        kind=kind,
        sha256=found,
        canonical=expected,
        found=file.kind,
        modified_at=file.modified_at,
    )


def _missing(path: str, expected: str | None) -> DriftPath:
    return DriftPath(path=path, kind="missing", canonical=expected)


def _unseen(path: str, listing: Listing) -> str | None:
    """Why a path that was not seen may be there all the same."""
    folder = next((one.path for one in listing.pruned if path.startswith(f"{one.path}/")), None)
    if folder is not None:
        return f"{folder} is left out by not_compared"
    return None if listing.whole else "the list of files is not whole"


def _extra(there: Mapping[str, ReleaseFile], tree: CanonTree, verbatim: tuple[str, ...]) -> Iterator[DriftPath]:
    tracked = {file.path for file in tree.files}
    modules = tuple(f"{file.path}/" for file in tree.files if file.kind == "submodule")
    ignored, context = _ignore_rules(tree), _context_rules(tree)
    for path in sorted(there.keys() - tracked):
        if modules and path.startswith(modules):
            continue
        file = there[path]
        yield DriftPath(
            path=path,
            kind="extra",
            sha256=None if file.sha256 is MISSING else file.sha256,
            found=file.kind,
            modified_at=file.modified_at,
            ignored=ignored(path),
            in_context=context.takes_in(path),
            noise=_NOISE.search(path) is not None,
            verbatim=path.startswith(verbatim),
        )


def _with_twins(paths: Iterable[DriftPath], others: Iterable[DriftPath]) -> Iterator[DriftPath]:
    """A missing path and an extra one whose names differ in letter case or Unicode form alone name each other."""
    known = {folded(one.path): one.path for one in others if one.kind in ("missing", "extra")}
    for one in paths:
        pairs = known and one.kind in ("missing", "extra")
        yield replace(one, twin=known.get(folded(one.path))) if pairs else one


def _ignore_rules(tree: CanonTree) -> "_Ignored":
    return _Ignored(
        {
            name_bytes(file.folder): parse_patterns(
                b"\n".join(name_bytes(line) for line in file.lines), name_bytes(file.path), name_bytes(file.folder)
            )
            for file in tree.ignore_files
            if file.path.rsplit("/", 1)[-1] == ".gitignore"
        }
    )


@dataclass(frozen=True)
class _Ignored:
    """Whether the tree's own `.gitignore` files ignore a path."""

    folders: Mapping[bytes, list[Pattern]]

    def __call__(self, path: str) -> bool:
        pattern = deciding_from_root(lambda folder: self.folders.get(folder, ()), (), name_bytes(path))
        return pattern is not None and not pattern.negated


def _context_rules(tree: CanonTree) -> DockerIgnore:
    root = next((file for file in tree.ignore_files if file.path == ".dockerignore"), None)
    return DockerIgnore.parse(root.lines if root else ())
