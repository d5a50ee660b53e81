"""Which commit an image is of, by what proves it: a label, a stamp, a build argument, the content; never a date."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from auditor.config import Config
from auditor.derive.drift.canonical import commit_of, commits_of, files_of
from auditor.frozen import frozen
from auditor.model.facts.canon import CanonCommit, CanonFile
from auditor.model.facts.nas import Answer, NasSlot
from auditor.model.facts.nas_docker import Container, Image
from auditor.model.facts.snapshot import Snapshot
from auditor.model.missing import MISSING, Missing

Grade: TypeAlias = Literal["label", "stamp", "argument", "content"]
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@frozen
class Proof:
    """What names a commit, and which; a label may give its first digits alone."""

    grade: Grade
    commit: str


@frozen
class Judgement:
    """`holds` is whether the image is of the commit: MISSING where nothing proves it, or a proof was not read."""

    holds: bool | Missing
    proofs: tuple[Proof, ...] = ()
    reason: str | None = None


def judge_image(container: Container, slot: NasSlot, commit: str, snapshot: Snapshot, config: Config) -> Judgement:
    """Whether the image that a container runs is of `commit`; a label and a stamp must both say so where they are."""
    image = container.image
    if image is MISSING:
        return Judgement(holds=MISSING, reason="the image was not read")
    label, stamp = _label(image), _stamp(container)
    named = tuple(proof for proof in (label, stamp) if isinstance(proof, Proof))
    if any(not commit.startswith(proof.commit) for proof in named):
        return Judgement(holds=False, proofs=named)
    if stamp is MISSING:
        return Judgement(holds=MISSING, proofs=named, reason="the build stamp was not read")
    if named:
        return Judgement(holds=True, proofs=named)
    return _by_argument(image, commit, snapshot) or _by_content(slot, commit, snapshot, config)


def _label(image: Image) -> Proof | None:
    text = (image.commit or "").strip().lower()
    return Proof(grade="label", commit=text) if _COMMIT.fullmatch(text) else None


def _stamp(container: Container) -> Proof | Missing | None:
    if container.stamp is MISSING:
        return MISSING
    commit = container.stamp.commit if container.stamp else None
    return None if commit is None else Proof(grade="stamp", commit=commit)


def _by_argument(image: Image, commit: str, snapshot: Snapshot) -> Judgement | None:
    """None where no argument names a commit of this repository: those of a base image say nothing."""
    if image.arguments is MISSING:
        return Judgement(holds=MISSING, reason="the build history was not read")
    named = {one.commit for one in image.arguments if one.commit is not None}
    if commit in named:
        return Judgement(holds=True, proofs=(Proof(grade="argument", commit=commit),))
    known = next((one.commit for one in commits_of(snapshot) if one.known and one.commit in named), None)
    return None if known is None else Judgement(holds=False, proofs=(Proof(grade="argument", commit=known),))


def _by_content(slot: NasSlot, commit: str, snapshot: Snapshot, config: Config) -> Judgement:
    """What the slot serves, where the build serves files as they are: all of it must lie so in the commit's tree."""
    nothing = "nothing proves which commit the image is of: no label, stamp, build argument or served file does"
    if slot.answers is MISSING:
        return Judgement(holds=MISSING, reason=nothing)
    served = [one for one in slot.answers if one.status == 200 and one.complete and one.sha256 is not None]
    folders = ("", *(config.nas.copied_verbatim if config.nas else ()))
    ours = commit_of(snapshot, commit)
    if served and _holds(served, ours, folders, snapshot):
        return Judgement(holds=True, proofs=(Proof(grade="content", commit=commit),))
    if ours is not None and files_of(snapshot, ours) is not None:
        for other in commits_of(snapshot):
            if served and other.known and _holds(served, other, folders, snapshot):
                return Judgement(holds=False, proofs=(Proof(grade="content", commit=other.commit),))
    return Judgement(holds=MISSING, reason=nothing)


def _holds(served: list[Answer], commit: CanonCommit | None, folders: tuple[str, ...], snapshot: Snapshot) -> bool:
    files = files_of(snapshot, commit)
    return files is not None and all(_is_file(answer, files, folders) for answer in served)


def _is_file(answer: Answer, files: Mapping[str, CanonFile], folders: tuple[str, ...]) -> bool:
    names = (name for folder in folders for name in _names(answer, folder))
    return any(name in files and files[name].sha256 == answer.sha256 for name in names)


def _names(answer: Answer, folder: str) -> Iterator[str]:
    path = answer.path.partition("?")[0].lstrip("/")
    for name in (path, posixpath.join(path, "index.html")):
        if name:
            yield posixpath.join(folder.strip("/"), name)
