"""Why something of a slot is not known: the NAS's own gaps, else a reason that names what was not observed."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.model.facts.nas import NasSlot
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING

# what each derived fact of a slot is made of, below the slot's own pointer
_MADE_OF = {
    "active": ("saw_visit",),
    "present": ("", "container"),
    "of_commit": ("", "container", "container/image", "container/image/arguments", "container/stamp"),
    "newest": ("", "container", "container/tag_image_id"),
    "exposed": ("", "container"),
    "fault": ("", "container", "smoke"),
    "answering": ("", "answers", "answering"),
}
_PATHS = ("", "container", "container/changes", "container/image")
_SECRETS = ("", "container", "container/secrets", "container/image", "container/image/secrets")


def field_gaps(gaps: tuple[Gap, ...], index: int, missing: list[str]) -> Iterator[Gap]:
    """The NAS's gaps behind the fields of slot `index` that are MISSING."""
    for field in missing:
        yield from _at(gaps, index, _MADE_OF.get(field, ()), f"/image/slots/{index}/{field}")


def list_gaps(gaps: tuple[Gap, ...], index: int, slot: NasSlot) -> Iterator[Gap]:
    """Why the lists of changed paths and of secrets may lack something of this slot."""
    yield from _at(gaps, index, _PATHS, "/image/paths")
    yield from _at(gaps, index, _SECRETS, "/image/secrets")
    container = slot.container
    if container is None:
        return
    if container is MISSING:
        for name in ("paths", "secrets"):
            yield Gap(pointer=f"/image/{name}", reason=f"the container of {slot.name} was not observed")
        return
    if container.changes is MISSING:
        yield Gap(pointer="/image/paths", reason=f"what changed in {container.name} was not observed")
    image = container.image
    if container.secrets is MISSING or image is MISSING or image.secrets is MISSING or image.arguments is MISSING:
        yield Gap(pointer="/image/secrets", reason=f"not everything of {container.name} and its image was read")


def _at(gaps: tuple[Gap, ...], index: int, below: tuple[str, ...], pointer: str) -> Iterator[Gap]:
    place = f"/nas/slots/{index}"
    wanted = {f"{place}/{name}".rstrip("/") for name in below} | {"/nas", "/nas/slots"}
    return (replace(gap, pointer=pointer) for gap in gaps if gap.pointer in wanted)
