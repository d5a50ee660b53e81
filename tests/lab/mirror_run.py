"""The mirror as a run uses it: the real HTTP client, a deadline, and what it said of its progress."""

from pathlib import Path

from auditor.interfaces import Deadline
from auditor.transports.git_program import found_git
from auditor.transports.http import HttpClient
from auditor.transports.mirror.update import PACK_BYTES, MirrorUpdate, update_mirror

GIT = found_git()


def mirrored(
    folder: Path,
    source: str | Path,
    *,
    git: str | None = GIT,
    seconds: float = 60,
    deadline: Deadline | None = None,
    limit: int = PACK_BYTES,
    said: list[str] | None = None,
) -> MirrorUpdate:
    """Updates the mirror in `folder` from `source`, anonymously."""
    deadline = deadline or Deadline.after(seconds)
    with HttpClient(deadline=Deadline.after(60)) as http:
        return update_mirror(
            folder,
            str(source),
            http=http,
            deadline=deadline,
            progress=(said if said is not None else []).append,
            git=git,
            limit=limit,
            token=False,
        )


def tips(update: MirrorUpdate) -> dict[str, str]:
    """The refs that are completely here."""
    return {ref.name: ref.sha for ref in update.state.tips}


def left_over(folder: Path) -> list[str]:
    """The files among the packs that are neither pack nor index."""
    return sorted(
        path.name for path in (folder / "objects" / "pack").iterdir() if path.suffix not in (".pack", ".idx", ".rev")
    )
