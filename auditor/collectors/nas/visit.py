"""A visit's verified sections as facts; what is absent, failed or damaged is a gap, never a guess."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, cast

from auditor.collectors.nas.build_file import BuildFileReader, BuildFiles
from auditor.collectors.nas.click import Click
from auditor.collectors.nas.current import parse_current
from auditor.collectors.nas.docker import DockerFacts, SlotDocker, parse_docker
from auditor.collectors.nas.env_file import OwnValue, parse_env_files, parse_own_values
from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.git_tar import GitFile, tar_files
from auditor.collectors.nas.gitdir import Place
from auditor.collectors.nas.judgement import Hear, Judge, hearing
from auditor.collectors.nas.proxy import Door, Kind, parse_proxy
from auditor.collectors.nas.record import moment, records, whole_number
from auditor.collectors.nas.release import ReleaseReader
from auditor.collectors.nas.rights import parse_clock, parse_disk, parse_sudo, parse_system
from auditor.collectors.nas.section import SectionReader
from auditor.collectors.nas.serving import ServingReader
from auditor.collectors.nas.slot import SlotPages, parse_pages, smoke_results
from auditor.config import Config, Nas, Slot
from auditor.errors import SourceError
from auditor.extraction.exposure import exposed
from auditor.model.facts import nas as facts
from auditor.model.facts.nas_proxy import ReverseProxy
from auditor.model.facts.site import Exposed, Serving
from auditor.model.missing import MISSING, Missing
from auditor.text import name_bytes, name_text, time_text
from auditor.transports.frames import Frames

REINSTALL = "reinstall the probe: auditor probe --install"


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What only home knows of a visit: when the session was asked (UTC), which probe was expected, how to judge.

    `key` is that of the HMACs of what slots serve, None: nobody looks there. `hear`
    is told of the texts in which no own value may stand. `expired` ends the reading of scripts;
    `click` adds what a browser sees of a slot, None: nobody clicks.
    """

    asked_at: datetime
    now: datetime
    script_sha256: str
    judge: Judge
    key: bytes | None = None
    hear: Hear = lambda _place, _text: None
    expired: Callable[[], bool] = lambda: False
    click: Click | None = None


def facts_of(frames: Frames, config: Config, occasion: Occasion) -> facts.Nas:
    """The facts of one visit to the NAS of `config`.

    Raises SourceError where nothing of it counts: no frame came, or the installed probe is another one.
    """
    if config.nas is None:
        raise SourceError("there is no section nas")
    if not frames.opened:
        raise SourceError(frames.faults[0].reason if frames.faults else "the answer holds no frame of this visit")
    return _Visit(frames, config, config.nas, occasion).observed()


def slot_pages(frames: Frames, nas: Nas) -> dict[str, SlotPages]:
    """What each slot answered, with the bytes, by the slot's name; a slot of which nothing can be read is absent."""
    found: dict[str, SlotPages] = {}
    for number, slot in enumerate(nas.slots):
        body = frames.body(f"pages.{number}")
        if body is None:
            continue
        try:
            found[slot.name] = parse_pages(body)
        except SourceError:
            continue
    return found


def own_values(frames: Frames) -> tuple[OwnValue, ...]:
    """The HMACs of the env files' values, for the secret search alone; raises SourceError where they can't be had."""
    return parse_own_values(SectionReader(frames, GapList()).body("env"))


class _Visit:
    def __init__(self, frames: Frames, config: Config, nas: Nas, occasion: Occasion) -> None:
        self._config = config
        self._nas = nas
        self._occasion = occasion
        self._gaps = GapList()
        self._sections = SectionReader(frames, self._gaps)

    def observed(self) -> facts.Nas:
        """The facts, every part read on its own."""
        machine = self._sections.read("machine", "system disk rights root clock_offset_seconds", records)
        told = {} if machine is MISSING else machine
        script = self._script(told)
        system = self._gaps.attempt("system", lambda: parse_system(told)) if told else MISSING
        docker = self._docker()
        proxy, door = self._proxy()
        found = self._site(told)
        return replace(
            found,
            probe_sha256=script,
            started_at=self._started(told),
            finished_at=self._sections.read("end", "finished_at", lambda body: moment(whole_number(body))),
            clock_offset_seconds=self._offset(told),
            system=system if system is MISSING or docker is MISSING else replace(system, docker_version=docker.version),
            disk=self._gaps.attempt("disk", lambda: parse_disk(told)) if told else MISSING,
            rights=MISSING if not told else self._rights(told, docker, door, script),
            proxy=proxy,
            slots=self._slots(docker, system),
            gaps=self._gaps.result(),
        )

    def _script(self, machine: Mapping[str, bytes]) -> str | None:
        """The installed copy's hash; None where the script came along. Raises SourceError where it is another one."""
        if self._nas.access != "command":
            return None
        found = machine.get("script", b"")[:64].decode("ascii", "replace")
        if found != self._occasion.script_sha256:
            raise SourceError(f"the installed probe is not the expected one: {REINSTALL}")
        return found

    def _started(self, machine: Mapping[str, bytes]) -> str | Missing:
        return self._gaps.attempt("started_at", lambda: moment(parse_clock(machine)))

    def _offset(self, machine: Mapping[str, bytes]) -> float | Missing:
        if not machine:
            return MISSING
        asked = self._occasion.asked_at.timestamp()
        return self._gaps.attempt("clock_offset_seconds", lambda: float(round(parse_clock(machine) - asked)))

    def _rights(
        self, machine: Mapping[str, bytes], docker: DockerFacts | Missing, door: Door | Missing, script: str | None
    ) -> facts.Rights:
        return facts.Rights(
            docker=MISSING if docker is MISSING else docker.door,
            proxy=door,
            sudo=parse_sudo(machine),
            forced_command=script is not None,
        )

    def _site(self, machine: Mapping[str, bytes]) -> facts.Nas:
        """All that lies below the root."""
        empty = facts.Nas(
            available=True,
            observed_at=time_text(self._occasion.now.astimezone(UTC)),
            access=cast("Literal['probe', 'command', 'outside']", self._nas.access),
        )
        root = machine.get("root", b"").strip(b"\n")
        if self._sections.frames.body("current") is None or not root.startswith(b"/"):
            why = f"{self._nas.root} can't be entered: name the root that the auditor's user may read"
            reason = why if self._sections.frames.complete else self._sections.reason("current")
            for field in ("root", "current", "releases", "env_files", "compose_files", "dockerfiles", "docker_ignores"):
                self._gaps.add(field, reason)
            return empty
        gitea, local = self._config.gitea, self._config.local
        place = Place(root=root, branch=gitea.branch if gitea else "main", remote=local.remote if local else "origin")
        releases = ReleaseReader(self._sections, place, self._occasion.hear).read()
        env_files = self._sections.read("env", "env_files", lambda body: parse_env_files(body, self._gaps))
        build = self._build(releases, env_files)
        return replace(
            empty,
            root=name_text(root),
            current=self._current(root),
            releases=releases,
            env_files=env_files,
            compose_files=MISSING if build is MISSING else build.compose_files,
            dockerfiles=MISSING if build is MISSING else build.dockerfiles,
            docker_ignores=MISSING if build is MISSING else build.docker_ignores,
        )

    def _current(self, root: bytes) -> facts.Current | Missing:
        end = self._sections.read("current.end", "current/unchanged", lambda body: body)
        return self._sections.read(
            "current",
            "current",
            lambda body: parse_current(body, root, MISSING if end is MISSING else body == end),
        )

    def _build(
        self, releases: tuple[facts.Release, ...] | Missing, env_files: tuple[facts.NasEnvFile, ...] | Missing
    ) -> BuildFiles | Missing:
        pointers = "compose_files dockerfiles docker_ignores"
        files: dict[bytes, GitFile] = {}
        root = self._sections.read("build.root", pointers, tar_files)
        if root is MISSING:
            return MISSING
        files.update(root)
        active = next((one for one in releases if one.active), None) if releases is not MISSING else None
        if active is not None:
            own = self._sections.read("build.release", pointers, tar_files)
            if own is MISSING:
                return MISSING
            files.update({name_bytes(active.path) + b"/" + name: file for name, file in own.items()})
        return BuildFileReader(files, env_files, self._occasion.judge, self._gaps).read()

    def _docker(self) -> DockerFacts | Missing:
        pointers = " ".join(
            f"slots/{number}/{field}"
            for number, _slot in enumerate(self._nas.slots)
            for field in ("container", "port_holders", "saw_visit")
        )
        found = self._sections.read(
            "docker",
            f"rights/docker system/docker_version {pointers}",
            lambda body: parse_docker(body, self._nas, hearing(self._occasion.judge, self._occasion.hear), self._gaps),
        )
        if found is not MISSING and found.door in ("none", "not-asked"):
            why = "docker: none" if found.door == "not-asked" else "Docker can't be asked by the auditor's user"
            remedy = (
                None if found.door == "not-asked" else "install the helper nas-audit-docker: auditor probe --install"
            )
            for pointer in (*pointers.split(), "system/docker_version"):
                self._gaps.add(pointer, why, remedy)
        return found

    def _proxy(self) -> tuple[ReverseProxy | Missing, Door | Missing]:
        kind = cast("Kind", self._nas.proxy.kind)
        found = self._sections.read("proxy", "proxy rights/proxy", lambda body: parse_proxy(body, kind))
        if found is MISSING:
            return MISSING, MISSING
        proxy, door = found
        if proxy.rules is MISSING:
            states = ", ".join(f"{source.name}: {source.state}" for source in proxy.sources) or "no file is named"
            remedy = "install the helper nas-audit-proxy: auditor probe --install"
            self._gaps.add("proxy/rules", f"no source of rules can be read ({states})", remedy)
        return proxy, door

    def _slots(self, docker: DockerFacts | Missing, system: facts.System | Missing) -> tuple[facts.NasSlot, ...]:
        reader = ServingReader(self._config, self._occasion.key, self._occasion.expired, self._occasion.click)
        found = []
        for number, slot in enumerate(self._nas.slots):
            pages = self._pages(number, system)
            known = self._slot(slot, SlotDocker() if docker is MISSING else docker.slots[number], pages)
            serving = self._serving(number, slot, pages, reader)
            found.append(replace(known, serving=serving, exposed=self._exposed(number, slot, pages)))
        return tuple(found)

    def _serving(self, number: int, slot: Slot, pages: SlotPages | Missing, reader: ServingReader) -> Serving | Missing:
        here = f"slots/{number}/serving"
        if pages is MISSING or not pages.answering:
            self._gaps.add(
                here, "its pages were not fetched" if pages is MISSING else f"slot {slot.name} did not answer"
            )
            return MISSING
        for one in pages.answers:
            self._occasion.hear(f"slot:{slot.name}{one.fact.path}", one.body or b"")
        found = reader.read(slot, pages)
        for fault in found.faults:
            self._gaps.add(here, f"{fault} (slot {slot.name})")
        for place in found.unsearched:
            self._gaps.add(f"{here}/secrets", f"{place} (slot {slot.name}) holds more than could be searched")
        return found.serving

    def _exposed(self, number: int, slot: Slot, pages: SlotPages | Missing) -> tuple[Exposed, ...] | Missing:
        """What of it the slot serves; one that does not answer at all is told of by its serving."""
        if pages is MISSING or not pages.answering:
            return MISSING
        for one in pages.hidden:
            if one.fact.status is None:
                reason = f"'{one.fact.path}' was not answered (slot {slot.name})"
                self._gaps.add(f"slots/{number}/exposed", reason)
        found = (exposed(one.fact.path, one.fact.status, one.body, None) for one in pages.hidden)
        return tuple(one for one in found if one is not None)

    def _slot(self, slot: Slot, docker: SlotDocker, pages: SlotPages | Missing) -> facts.NasSlot:
        return facts.NasSlot(
            name=slot.name,
            port=slot.port,
            container=docker.container,
            port_holders=docker.port_holders,
            saw_visit=docker.saw_visit,
            answers=MISSING if pages is MISSING else tuple(one.fact for one in pages.answers),
            smoke=MISSING if pages is MISSING else smoke_results(pages, self._nas.smoke),
            answering=MISSING if pages is MISSING else pages.answering,
        )

    def _pages(self, number: int, system: facts.System | Missing) -> SlotPages | Missing:
        pointers = " ".join(f"slots/{number}/{field}" for field in ("answers", "smoke", "answering"))
        if system is not MISSING and not any(tool.endswith(("curl", "wget")) for tool in system.tools):
            for pointer in pointers.split():
                self._gaps.add(pointer, "the NAS has neither curl nor wget")
            return MISSING
        pages = self._sections.read(f"pages.{number}", pointers, parse_pages)
        if pages is not MISSING and pages.capped:
            for field in ("answers", "serving"):
                self._gaps.add(f"slots/{number}/{field}", "more than 200 files or 20 MB: the rest was not asked for")
        return pages
