"""The public variables of which the site builds its links, as every place declares them, against the canonical ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from auditor.config import Config, Gitea, Variables
from auditor.derive.production import active_release
from auditor.derive.variable.place import (
    PRODUCTION_FILES,
    Declared,
    Source,
    is_static,
    of_ci,
    of_clone,
    of_files,
    of_recipes,
    of_slot,
)
from auditor.derive.variable.setting import Setting, settings_of
from auditor.frozen import frozen
from auditor.model.facts.gitea import Gitea as GiteaFacts
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas, NasSlot
from auditor.model.facts.nas_docker import Container
from auditor.model.facts.snapshot import Snapshot, withheld
from auditor.model.facts.witness import Gap, carried
from auditor.model.missing import MISSING, Missing

_PORTS = {"http": 80, "https": 443}


@frozen
class Declaration:
    """A place that declares one of the link's variables; `agrees` is whether it gives the canonical value.

    `decides` is whether a production build reads it there, and `note` says why not, or what wins over it.
    """

    source: Source
    kind: str
    place: str
    variable: str
    line: int | None
    value: str | Missing
    canonical: str
    agrees: bool | Missing
    decides: bool | Missing
    note: str


@frozen
class DeclaredVariables:
    """Every declaration of a variable of the link, and the slots' public settings; `asked`: some place was asked."""

    asked: bool = False
    places: tuple[Declaration, ...] | Missing = MISSING
    settings: tuple[Setting, ...] | Missing = MISSING
    gaps: tuple[Gap, ...] = ()


def derive(snapshot: Snapshot, config: Config) -> DeclaredVariables:
    """What the clone, the NAS and CI declare; without `gitea:` nothing is canonical, and no place is listed."""
    local, nas = snapshot.local, snapshot.nas
    gitea = snapshot.gitea if config.gitea is not None and config.gitea.owner_rights else MISSING
    asked = _asked(snapshot, config)
    gaps = [
        Gap(pointer="/variable/places", reason=f"the facts of {name} are not in the snapshot")
        for name in asked
        if withheld(snapshot, name)
    ]
    if local is MISSING and nas is MISSING and gitea is MISSING:
        return DeclaredVariables(asked=bool(asked), gaps=tuple(gaps))
    declared: list[Declared] = [] if local is MISSING else list(of_clone(local))
    if local is not MISSING:
        dark = Gap(pointer="/variable/places", reason=f"local is unavailable: {local.error}")
        gaps += carried(local.gaps, ("/local/env_files",), "/variable/places") if local.available else (dark,)
        if local.available and _unread(local):
            gaps.append(Gap(pointer="/variable/places", reason="the clone's env files were not all observed"))
    if nas is not MISSING:
        declared += _of_nas(nas, config)
        gaps += _nas_gaps(nas, config)
    if gitea is not MISSING:
        declared += of_ci(() if gitea.variables is MISSING else gitea.variables)
        gaps += _gitea_gaps(gitea)
    places = () if config.gitea is None else tuple(_judged(_shadowed(declared), config.gitea, _names(config)))
    settings = MISSING if nas is MISSING or nas.slots is MISSING else tuple(settings_of(nas.slots))
    return DeclaredVariables(asked=bool(asked), places=places, settings=settings, gaps=tuple(dict.fromkeys(gaps)))


def _asked(snapshot: Snapshot, config: Config) -> tuple[str, ...]:
    """The sources whose declarations this run was to observe."""
    owner = config.gitea is not None and config.gitea.owner_rights
    configured = {"local": config.local is not None, "nas": config.nas is not None, "gitea": owner}
    here = (name for name, known in configured.items() if known)
    return tuple(name for name in here if getattr(snapshot, name) is not MISSING or withheld(snapshot, name))


def _unread(local: Local) -> bool:
    return local.env_files is MISSING or any(file.keys is MISSING and file.kind != "absent" for file in local.env_files)


def _of_nas(nas: Nas, config: Config) -> Iterator[Declared]:
    active = active_release(nas)
    release = None if active is None else active.name
    slots = () if nas.slots is MISSING else nas.slots
    yield from of_files(nas, release)
    yield from of_recipes(nas, release, _static(slots, config))
    for slot in slots:
        if isinstance(slot.container, Container):
            yield from of_slot(slot.name, slot.container, is_static(slot.container))


def _static(slots: Sequence[NasSlot], config: Config) -> bool | Missing:
    """Whether the site as a whole is served as files; what nobody runs is taken for that."""
    if config.nas is not None and config.nas.docker == "none":
        return True
    if not slots or any(slot.container is MISSING for slot in slots):
        return MISSING
    kinds = {is_static(slot.container) for slot in slots if isinstance(slot.container, Container)}
    return MISSING if MISSING in kinds or len(kinds) > 1 else kinds != {False}


def _names(config: Config) -> Variables:
    return config.site.variables if config.site else Variables()


def _shadowed(declared: Sequence[Declared]) -> Iterator[Declared]:
    """The same, a file's variable that a stronger file beside it gives too with a note that says so."""
    files = {(one.source, one.place, one.variable) for one in declared if one.kind == "file"}
    for one in declared:
        folder, slash, name = one.place.rpartition("/")
        stronger = PRODUCTION_FILES[: PRODUCTION_FILES.index(name)] if name in PRODUCTION_FILES else ()
        winner = next((f"{folder}{slash}{file}" for file in stronger if _has(files, one, folder + slash + file)), None)
        yield replace(one, note=f"{winner} wins over it") if winner and one.kind == "file" else one


def _has(files: set[tuple[Source, str, str]], one: Declared, place: str) -> bool:
    return (one.source, place, one.variable) in files


def _judged(declared: Iterator[Declared], gitea: Gitea, names: Variables) -> Iterator[Declaration]:
    canonical = {names.base: gitea.base, names.owner: gitea.owner, names.repo: gitea.repo}
    for one in declared:
        wanted = canonical.get(one.variable)
        if wanted is None:
            continue
        form = _address if one.variable == names.base else str.casefold
        yield Declaration(
            **vars(one),
            canonical=wanted,
            agrees=MISSING if one.value is MISSING else form(one.value) == form(wanted),
        )


def _address(text: str) -> str:
    """An address with scheme and host in lower case, without default port and trailing slash."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return text
    host = (parts.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS.get(parts.scheme):
        shown += f":{port}"
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    rest = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{login}{shown}{parts.path.rstrip('/')}{rest}" if parts.netloc else text


def _gitea_gaps(gitea: GiteaFacts) -> Iterator[Gap]:
    if not gitea.available:
        yield Gap(pointer="/variable/places", reason=f"gitea is unavailable: {gitea.error}")
        return
    known = tuple(carried(gitea.gaps, ("/gitea/variables",), "/variable/places"))
    yield from known
    if gitea.variables is MISSING and not known:
        yield Gap(pointer="/variable/places", reason="the CI variables were not observed")


def _nas_gaps(nas: Nas, config: Config) -> Iterator[Gap]:
    if not nas.available:
        reason = f"nas is unavailable: {nas.error}"
        yield Gap(pointer="/variable/places", reason=reason)
        yield Gap(pointer="/variable/settings", reason=reason)
        return
    below = ("/nas/env_files", "/nas/compose_files", "/nas/dockerfiles")
    yield from carried(tuple(gap for gap in nas.gaps if _decisive(gap.pointer)), below, "/variable/places")
    unread = [name for name in ("env_files", "compose_files", "dockerfiles") if getattr(nas, name) is MISSING]
    if unread:
        yield Gap(pointer="/variable/places", reason=f"the NAS's {unread[0].replace('_', ' ')} were not observed")
    if nas.env_files is not MISSING and any(file.keys is MISSING for file in nas.env_files):
        yield Gap(pointer="/variable/places", reason="the keys of an env file were not observed")
    if active_release(nas) is None:
        yield Gap(pointer="/variable/places", reason="no release is active, so its files are not known")
    if config.nas is not None and config.nas.docker != "none":
        yield from _slot_gaps(nas)


def _decisive(pointer: str) -> bool:
    return not pointer.endswith(("/mode", "/readable_by_group", "/readable_by_others", "/secrets"))


def _slot_gaps(nas: Nas) -> Iterator[Gap]:
    for slot in () if nas.slots is MISSING else nas.slots:
        container = slot.container
        if container is None:
            continue
        blind = container is MISSING or container.image is MISSING or container.image.arguments is MISSING
        if blind:
            reason = f"the container of {slot.name} or its image was not observed"
            yield Gap(pointer="/variable/places", reason=reason)
            yield Gap(pointer="/variable/settings", reason=reason)
    if nas.slots is MISSING:
        yield Gap(pointer="/variable/places", reason="the slots were not observed")
        yield Gap(pointer="/variable/settings", reason="the slots were not observed")
