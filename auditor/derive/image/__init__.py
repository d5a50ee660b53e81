"""What each slot runs: which commit its image is of and what proves it, what was changed since, who can reach it."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.config import Config, Nas
from auditor.derive import production as production_of
from auditor.derive import proxy as proxy_of
from auditor.derive.image.change import ContainerPath, changed, code_place, concerns, mounted
from auditor.derive.image.gap import field_gaps, list_gaps
from auditor.derive.image.proof import Grade, Judgement, Proof, judge_image
from auditor.derive.image.secret import ImageSecret, secrets_of
from auditor.derive.image.state import exposed, fault_of
from auditor.frozen import frozen
from auditor.model.facts.nas import NasSlot
from auditor.model.facts.nas_docker import Container
from auditor.model.facts.snapshot import Snapshot
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing
from auditor.once import once

_NO_SLOT = Gap(pointer="/image", reason="which slot is to be switched to is not known", remedy="name it with --slot")
_LABEL_REMEDY = "docker build --label {label}=$(git rev-parse HEAD), or name a build_stamp in policies.yaml"


@frozen
class SlotImage:
    """A slot and the image that its container runs.

    `present` is whether there is a container. `commit` and `grade` are the strongest proof's, None without one;
    `of_commit` is whether every proof names the commit that production is judged by. `newest` is whether the name that
    the container was started with still means the image that it runs. `exposed` are the addresses beyond loopback where
    it listens. `fault` is what keeps it from being healthy, None where nothing does. `says` is a sentence's end.
    """

    name: str
    port: int
    active: bool | Missing = MISSING
    answering: bool | Missing = MISSING
    present: bool | Missing = MISSING
    container: str = ""
    service: str = ""
    reference: str = ""
    image_id: str | Missing | None = MISSING
    tag_image_id: str | Missing | None = MISSING
    built_at: str | None = None
    commit: str | None = None
    grade: Grade | None = None
    proofs: tuple[Proof, ...] = ()
    says: str = ""
    of_commit: bool | Missing = MISSING
    newest: bool | Missing = MISSING
    shared_tag: bool | Missing = MISSING
    code: str | None = None
    elsewhere_count: int | Missing = MISSING
    exposed: tuple[str, ...] | Missing = MISSING
    fault: str | Missing | None = MISSING


@frozen
class Images:
    """The slots in the order of the policy file, before a switch the one alone that is to be active.

    `paths` are the container paths that no image decides.
    """

    slots: tuple[SlotImage, ...] | Missing = MISSING
    paths: tuple[ContainerPath, ...] | Missing = MISSING
    secrets: tuple[ImageSecret, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


@once
def derive(snapshot: Snapshot, config: Config) -> Images:
    """What the slots run, against the commit that production is judged by."""
    nas = snapshot.nas
    if nas is MISSING or config.nas is None:
        return Images()
    if not nas.available:
        return Images(gaps=(Gap(pointer="/image", reason=f"nas is unavailable: {nas.error}"),))
    if nas.slots is MISSING:
        reason = Gap(pointer="/image", reason="the slots were not observed")
        return Images(gaps=carried(nas.gaps, ("/nas/slots",), "/image") or (reason,))
    if snapshot.target is MISSING or snapshot.target.stage != "switch":
        return _of_slots(_Work(snapshot, config, config.nas, nas.slots), tuple(enumerate(nas.slots)), nas.gaps)
    wanted = snapshot.target.slot
    chosen = tuple((index, slot) for index, slot in enumerate(nas.slots) if slot.name == wanted)
    if not isinstance(wanted, str) or not chosen:
        return Images(gaps=(*carried(snapshot.target.gaps, ("/target/slot",), "/image"), _NO_SLOT))
    return _moved_up(_of_slots(_Work(snapshot, config, config.nas, nas.slots, wanted), chosen, nas.gaps), chosen[0][0])


def _of_slots(work: "_Work", chosen: tuple[tuple[int, NasSlot], ...], gaps: tuple[Gap, ...]) -> Images:
    seen = [(slot, slot.container) for _, slot in chosen if isinstance(slot.container, Container)]
    slots = tuple(work.slot(index, slot) for index, slot in chosen)
    paths = tuple(path for slot, container in seen for path in work.paths(slot, container))
    return Images(
        slots=slots,
        paths=paths,
        secrets=secrets_of(seen),
        gaps=tuple(dict.fromkeys((*_gaps(gaps, chosen, slots), *work.gaps))),
    )


def _moved_up(images: Images, index: int) -> Images:
    """The images of one slot alone, whose gaps then speak of the first."""
    place = f"/image/slots/{index}/"
    gaps = (
        replace(gap, pointer=f"{gap.pointer}/".replace(place, "/image/slots/0/").rstrip("/"))
        for gap in images.gaps
        if not gap.pointer.startswith("/image/slots/") or f"{gap.pointer}/".startswith(place)
    )
    return replace(images, gaps=tuple(gaps))


def _gaps(
    gaps: tuple[Gap, ...], chosen: tuple[tuple[int, NasSlot], ...], known: tuple[SlotImage, ...]
) -> Iterator[Gap]:
    for (index, slot), one in zip(chosen, known, strict=True):
        yield from field_gaps(gaps, index, [name for name, value in vars(one).items() if value is MISSING])
        yield from list_gaps(gaps, index, slot)


class _Work:
    """The slots one by one; gaps are gathered on the way."""

    def __init__(
        self, snapshot: Snapshot, config: Config, nas: Nas, slots: tuple[NasSlot, ...], chosen: str | None = None
    ) -> None:
        self._snapshot, self._config, self._nas, self._slots = snapshot, config, nas, slots
        self._production = production_of.derive(snapshot, config)
        proxy = proxy_of.derive(snapshot, config)
        self._active = {} if proxy.slots is MISSING else {role.name: role.active for role in proxy.slots}
        if chosen is not None:
            self._active = {chosen: True}
        self.gaps = [
            replace(gap, pointer=f"/image/slots/{index}/active")
            for gap in proxy.gaps
            for index, slot in enumerate(slots)
            if gap.pointer in ("/proxy", "/proxy/slots")
            and chosen is None
            and self._active.get(slot.name, MISSING) is MISSING
        ]

    def slot(self, index: int, slot: NasSlot) -> SlotImage:
        """What one slot runs."""
        plain = SlotImage(
            name=slot.name,
            port=slot.port,
            active=self._active.get(slot.name, MISSING),
            answering=slot.answering,
            fault=fault_of(slot, docker=self._nas.docker != "none"),
        )
        if slot.container is MISSING:
            if self._nas.docker != "none":
                self._gap(index, "", f"the container of {slot.name} was not observed")
            return plain
        if slot.container is None:
            return replace(
                plain,
                present=False,
                image_id=None,
                says="has no container",
                of_commit=False,
                exposed=(),
                elsewhere_count=0,
            )
        container = slot.container
        code = code_place(container, slot.name, self._nas)
        judged = self._judged(index, slot, container)
        shared = self._shared(slot, container)
        newest = self._newest(index, container)
        return replace(_described(plain, container, judged, code), newest=newest, shared_tag=shared)

    def _judged(self, index: int, slot: NasSlot, container: Container) -> Judgement:
        commit = self._production.commit
        if commit is MISSING:
            self._gap(index, "of_commit", "the commit that production is judged by is not known")
            return Judgement(holds=MISSING)
        judged = judge_image(container, slot, commit, self._snapshot, self._config)
        if judged.holds is False and self._production.deploying:
            said = f"deployment in progress: the release was moved at {self._production.moved_at}"
            self._gap(index, "of_commit", f"{said}, and the image is not yet of {commit[:12]}")
            return replace(judged, holds=MISSING)
        if judged.holds is MISSING:
            self._gap(
                index, "of_commit", judged.reason or "", _LABEL_REMEDY.format(label=self._nas.commit_label or "LABEL")
            )
        return judged

    def _newest(self, index: int, container: Container) -> bool | Missing:
        if container.image_reference.startswith("sha256:"):
            return container.image_reference == container.image_id
        if container.tag_image_id is None:
            self._gap(index, "newest", f"{container.image_reference} names no image any more")
            return MISSING
        return MISSING if container.tag_image_id is MISSING else container.tag_image_id == container.image_id

    def _shared(self, slot: NasSlot, container: Container) -> bool | Missing:
        """Whether another slot's container was started with the same name of an image."""
        others = [one.container for one in self._slots if one is not slot]
        known = [one for one in others if isinstance(one, Container)]
        if any(one.image_reference == container.image_reference for one in known):
            return True
        return MISSING if MISSING in others else False

    def paths(self, slot: NasSlot, container: Container) -> Iterator[ContainerPath]:
        """The paths of the code that the slot's image does not decide."""
        code = code_place(container, slot.name, self._nas)
        if code is None:
            why = f"nothing names the folder of the code in {container.name}"
            remedy = f"name it as code of slot {slot.name} in policies.yaml"
            self.gaps.append(Gap(pointer="/image/paths", reason=why, remedy=remedy))
            return
        yield from mounted(container, slot.name, code)
        yield from changed(container, slot.name, code)

    def _gap(self, index: int, field: str, reason: str, remedy: str | None = None) -> None:
        pointer = f"/image/slots/{index}/{field}".rstrip("/")
        self.gaps.append(Gap(pointer=pointer, reason=reason, remedy=remedy))


def _described(plain: SlotImage, container: Container, judged: Judgement, code: str | None) -> SlotImage:
    proof = judged.proofs[0] if judged.proofs else None
    elsewhere: int | Missing = MISSING
    if container.changes is not MISSING:
        elsewhere = sum(not (code and concerns(change, code)) for change in container.changes)
    return replace(
        plain,
        present=True,
        container=container.name,
        service=container.service or container.name,
        reference=container.image_reference,
        image_id=container.image_id,
        tag_image_id=container.tag_image_id,
        built_at=None if container.image is MISSING else container.image.created_at,
        commit=proof.commit if proof else None,
        grade=proof.grade if proof else None,
        proofs=judged.proofs,
        says=f"runs an image of {proof.commit[:12]} (by {proof.grade})"
        if proof
        else "runs an image of an unknown commit",
        of_commit=judged.holds,
        code=code,
        elsewhere_count=elsewhere,
        exposed=exposed(container),
    )
