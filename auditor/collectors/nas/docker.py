"""The slots' containers from what docker inspect, diff, logs and cp said; env and labels are judged, then dropped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditor.collectors.nas.gap import GapList
from auditor.collectors.nas.git_tar import decoded, tar_files
from auditor.collectors.nas.image import (
    env_keys,
    instant,
    kept_labels,
    parse_history,
    parse_image,
    string_map,
    variables,
)
from auditor.collectors.nas.json_value import JsonObject, list_at, map_at, number_at, parse_object, text_at
from auditor.collectors.nas.judgement import Judge, judged
from auditor.collectors.nas.record import line_text, moment, records
from auditor.collectors.nas.rights import docker_door
from auditor.config import Nas, Slot
from auditor.errors import SourceError
from auditor.model.facts.nas_docker import Container, ContainerChange, Image, Mount, PublishedPort, Stamp
from auditor.model.missing import MISSING, Missing
from auditor.text import name_text, printable, short

Door = Literal["direct", "helper", "sudo", "none", "not-asked"]
_ID = re.compile(rb"[0-9a-f]{64}")
_IMAGE_ID = re.compile(rb"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CHANGE = re.compile(rb"([ACD]) (/.*)")
_KINDS: dict[bytes, Literal["added", "changed", "deleted"]] = {b"A": "added", b"C": "changed", b"D": "deleted"}
_ABSENT = re.compile(rb"(?i)no such (container|object|image)")
_MOST_CHANGES = 10_000
_COMPOSE = "com.docker.compose."


@dataclass(frozen=True, kw_only=True)
class SlotDocker:
    """What Docker says of one slot."""

    container: Container | Missing | None = MISSING
    port_holders: tuple[str, ...] | Missing = MISSING
    saw_visit: bool | Missing = MISSING


@dataclass(frozen=True, kw_only=True)
class DockerFacts:
    """How Docker was asked, its version, and the slots in the configuration's order."""

    door: Door
    version: str | Missing | None
    slots: tuple[SlotDocker, ...]


def parse_docker(body: bytes, nas: Nas, judge: Judge, gaps: GapList) -> DockerFacts:
    """The facts of the section `docker`; raises SourceError where it is damaged as a whole."""
    found = records(body)
    door = docker_door(found.get("by", b""))
    if door == "helper" and body.count(b"\0end\0") < 2:
        raise SourceError("the helper nas-audit-docker gave no whole answer: sudo asks for a password, or it is stale")
    if door in ("none", "not-asked"):
        return DockerFacts(door=door, version=MISSING, slots=tuple(SlotDocker() for _ in nas.slots))
    reader = _Reader(found, nas, judge, gaps)
    slots = tuple(reader.slot(number, slot) for number, slot in enumerate(nas.slots))
    return DockerFacts(door=door, version=reader.version(), slots=slots)


@dataclass(frozen=True)
class _Reader:
    records: Mapping[str, bytes]
    nas: Nas
    judge: Judge
    gaps: GapList

    def version(self) -> str | None:
        try:
            return (
                text_at(parse_object(self.records.get("version", b""), "docker version"), "Server", "Version") or None
            )
        except SourceError:
            return None

    def slot(self, number: int, slot: Slot) -> SlotDocker:
        pointer = f"slots/{number}"
        container = self.gaps.attempt(f"{pointer}/container", lambda: self._container(number, slot))
        return SlotDocker(
            container=container,
            port_holders=self.gaps.attempt(f"{pointer}/port_holders", lambda: self._holders(number)),
            saw_visit=False
            if container is None
            else self.gaps.attempt(f"{pointer}/saw_visit", lambda: self._saw_visit(number)),
        )

    def _raw(self, number: int, name: str) -> bytes:
        found = self.records.get(f"{number}.{name}")
        if found is None:
            raise SourceError(f"docker was not asked for the slot's {name}")
        return found

    def _holders(self, number: int) -> tuple[str, ...]:
        return tuple(line.decode() for line in self._raw(number, "holders").split() if _ID.fullmatch(line))

    def _saw_visit(self, number: int) -> bool:
        lines = self._raw(number, "visit").split()
        if b"read" not in lines:
            raise SourceError("docker logs can't be read: the log driver keeps none, or they are too long")
        return b"seen" in lines

    def _container(self, number: int, slot: Slot) -> Container | None:
        raw = self.records.get(f"{number}.container")
        if raw is None or _ABSENT.search(raw[:1000]):
            return None
        try:
            value = parse_object(raw, "docker inspect")
        except SourceError as fault:
            raise SourceError(f"docker inspect said {line_text(raw)!r}") from fault
        return self._facts(value, number, slot)

    def _facts(self, value: JsonObject, number: int, slot: Slot) -> Container:
        pointer = f"slots/{number}/container"
        config = map_at(value, "Config")
        labels, env = string_map(map_at(config, "Labels")), variables(config)
        place = f"container:{slot.name}"
        named = text_at(value, "Name").removeprefix("/")
        seen = [(f"{name}={one}", f"{place}:env:{name}") for name, one in env]
        seen += [(f"{name}={one}", f"{place}:label:{name}") for name, one in labels.items()]
        attempt = self.gaps.attempt
        return Container(
            id=text_at(value, "Id"),
            name=named,
            found_by="name" if slot.container == named else "port",
            image_id=text_at(value, "Image"),
            image_reference=text_at(config, "Image"),
            tag_image_id=attempt(f"{pointer}/tag_image_id", lambda: self._tag(number)),
            created_at=instant(text_at(value, "Created")) or moment(0),
            started_at=instant(text_at(value, "State", "StartedAt")),
            status=text_at(value, "State", "Status"),
            exit_code=number_at(value, "State", "ExitCode"),
            out_of_memory=map_at(value, "State").get("OOMKilled") is True,
            health=text_at(value, "State", "Health", "Status") or None,
            restart_count=number_at(value, "RestartCount"),
            restart_policy=text_at(value, "HostConfig", "RestartPolicy", "Name"),
            network_mode=text_at(value, "HostConfig", "NetworkMode"),
            ports=_ports(value),
            mounts=_mounts(value),
            labels=kept_labels(labels, self.nas.commit_label, self.judge),
            project=labels.get(f"{_COMPOSE}project"),
            service=labels.get(f"{_COMPOSE}service"),
            working_dir=labels.get(f"{_COMPOSE}project.working_dir"),
            config_hash=labels.get(f"{_COMPOSE}config-hash"),
            env=env_keys(env),
            secrets=judged(self.judge, seen),
            changes=attempt(f"{pointer}/changes", lambda: self._changes(number, pointer)),
            stamp=attempt(f"{pointer}/stamp", lambda: self._stamp(number)),
            image=attempt(f"{pointer}/image", lambda: self._image(number, slot, pointer)),
        )

    def _tag(self, number: int) -> str | None:
        raw = self._raw(number, "tag")
        match = _IMAGE_ID.search(raw)
        if match:
            return match[0].decode()
        if _ABSENT.search(raw):
            return None
        raise SourceError(f"docker inspect said {line_text(raw)!r}")

    def _changes(self, number: int, pointer: str) -> tuple[ContainerChange, ...]:
        lines = [line for line in self._raw(number, "changes").split(b"\n") if line]
        matches = [match for line in lines if (match := _CHANGE.fullmatch(line))]
        if len(matches) < len(lines):
            odd = next(line for line in lines if not _CHANGE.fullmatch(line))
            raise SourceError(f"docker diff said {line_text(odd)!r}")
        if len(matches) > _MOST_CHANGES:
            self.gaps.add(f"{pointer}/changes", f"{len(matches)} changes: cut after {_MOST_CHANGES}")
        return tuple(
            ContainerChange(path=name_text(match[2]), kind=_KINDS[match[1]]) for match in matches[:_MOST_CHANGES]
        )

    def _stamp(self, number: int) -> Stamp | None:
        wanted = self.nas.build_stamp
        if wanted is None:
            return None
        data = decoded(self._raw(number, "stamp"))
        file = next(iter(tar_files(data).values()), None) if data else None
        if file is None or file.content is None:
            return None
        try:
            commit = text_at(parse_object(file.content, wanted.path), *wanted.field.split("."))
        except SourceError:
            commit = ""
        return Stamp(
            path=wanted.path, commit=commit if _COMMIT.fullmatch(commit) else None, modified_at=moment(file.modified)
        )

    def _image(self, number: int, slot: Slot, pointer: str) -> Image:
        image = parse_object(self._raw(number, "image"), "docker inspect")
        commands = self.gaps.attempt(
            f"{pointer}/image/arguments {pointer}/image/secrets", lambda: parse_history(self._raw(number, "history"))
        )
        known = None if commands is MISSING else commands
        return parse_image(image, known, self.nas.commit_label, f"image:{slot.name}", self.judge)


def _ports(value: JsonObject) -> tuple[PublishedPort, ...]:
    """Those in force, and where the container doesn't run those that it asks for."""
    ports = map_at(value, "NetworkSettings", "Ports") or map_at(value, "HostConfig", "PortBindings")
    found = [
        PublishedPort(
            container_port=short(printable(name), 40),
            host_ip=text_at(one, "HostIp"),
            host_port=number_at(one, "HostPort"),
        )
        for name, bindings in ports.items()
        for one in (bindings if isinstance(bindings, list) else [])
    ]
    return tuple(sorted(found, key=lambda one: (one.container_port, one.host_ip, one.host_port)))


def _mounts(value: JsonObject) -> tuple[Mount, ...]:
    found = [_mount(one) for one in list_at(value, "Mounts") if isinstance(one, dict)]
    return tuple(sorted(found, key=lambda one: one.destination))


def _mount(one: dict[str, Any]) -> Mount:
    return Mount(
        kind=text_at(one, "Type"),
        source=text_at(one, "Name") or text_at(one, "Source"),
        destination=text_at(one, "Destination"),
        writable=one.get("RW") is True,
    )
