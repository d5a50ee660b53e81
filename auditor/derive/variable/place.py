"""The places that declare a public variable, each with whether a production build reads it."""

from collections.abc import Iterable, Iterator
from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.gitea import CiVariable
from auditor.model.facts.local import Local
from auditor.model.facts.nas import Nas
from auditor.model.facts.nas_build import ComposeFile, Dockerfile, Variable
from auditor.model.facts.nas_docker import Container
from auditor.model.missing import MISSING, Missing

# from the strongest to the weakest; the environment of the process wins over all of them (site.md §2.1)
PRODUCTION_FILES = (".env.production.local", ".env.production", ".env.local", ".env")
_RUN_TIME = "the environment at run time changes nothing in a static site"
_NOT_READ = "a production build does not read this file"

Kind = Literal["file", "compose", "dockerfile", "image", "container", "variable"]
Source = Literal["local", "nas", "gitea"]


@frozen
class Declared:
    """A variable as one place gives it; `decides` is whether a production build reads it there, `note` why not."""

    source: Source
    kind: Kind
    place: str
    variable: str
    line: int | None = None
    value: str | Missing = MISSING
    decides: bool | Missing = True
    note: str = ""


def of_clone(local: Local) -> Iterator[Declared]:
    """What the clone's env files give."""
    for file in () if local.env_files is MISSING else local.env_files:
        if file.kind != "absent":
            yield from _env_file("local", file.path, file.keys)


def of_files(nas: Nas, release: str | None) -> Iterator[Declared]:
    """What the env files of the active release and those above the releases give."""
    for file in () if nas.env_files is MISSING else nas.env_files:
        if file.release in (None, release):
            yield from _env_file("nas", file.path, file.keys)


def of_recipes(nas: Nas, release: str | None, static: bool | Missing) -> Iterator[Declared]:
    """What compose files and Dockerfiles give."""
    for compose in () if nas.compose_files is MISSING else nas.compose_files:
        if compose.release in (None, release):
            yield from _compose(compose, static)
    for recipe in () if nas.dockerfiles is MISSING else nas.dockerfiles:
        if recipe.release in (None, release):
            yield from _dockerfile(recipe)


def of_slot(slot: str, container: Container, static: bool | Missing) -> Iterator[Declared]:
    """What a slot's image was built with, and what it and its container have in their environment."""
    yield from _environment("container", f"{slot}:env", container.env, static)
    image = container.image
    if image is MISSING:
        return
    yield from _environment("image", f"{slot}:env", image.env, static)
    for one in () if image.arguments is MISSING else image.arguments:
        if one.has_value is MISSING:
            continue
        value: str | Missing = MISSING if one.has_value and one.value is None else one.value or ""
        yield Declared(source="nas", kind="image", place=f"{slot}:argument", variable=one.name, value=value)


def of_ci(variables: Iterable[CiVariable]) -> Iterator[Declared]:
    """What the CI variables give, each a place of its own."""
    for one in variables:
        value = "" if not one.has_value else MISSING if one.value is None else one.value
        yield Declared(source="gitea", kind="variable", place="CI", variable=one.name, value=value)


def is_static(container: Container) -> bool | Missing:
    """Whether a container serves files as they are: its image names a web root that is not its working directory."""
    image = container.image
    if image is MISSING:
        return MISSING
    return image.code is not None and image.code != image.working_dir


def _env_file(source: Source, path: str, keys: tuple[EnvKey, ...] | Missing) -> Iterator[Declared]:
    reads = path.rsplit("/", 1)[-1] in PRODUCTION_FILES
    for key in () if keys is MISSING else keys:
        yield Declared(
            source=source,
            kind="file",
            place=path,
            variable=key.name,
            value=_value(key),
            decides=reads,
            note="" if reads else _NOT_READ,
        )


def _environment(
    kind: Literal["image", "container"], place: str, env: Iterable[EnvKey], static: bool | Missing
) -> Iterator[Declared]:
    decides: bool | Missing = MISSING if static is MISSING else not static
    for key in env:
        yield Declared(
            source="nas",
            kind=kind,
            place=place,
            variable=key.name,
            value=_value(key),
            decides=decides,
            note=_RUN_TIME if static is True else "",
        )


def _compose(file: ComposeFile, static: bool | Missing) -> Iterator[Declared]:
    for service in () if file.services is MISSING else file.services:
        for one in filter(_declares, service.variables):
            run_time = one.scope == "environment"
            yield Declared(
                source="nas",
                kind="compose",
                place=f"{file.path}:{service.name}:{one.scope}",
                variable=one.name,
                line=one.line,
                value=_told(one),
                decides=(MISSING if static is MISSING else not static) if run_time else True,
                note=_RUN_TIME if run_time and static is True else "",
            )


def _dockerfile(file: Dockerfile) -> Iterator[Declared]:
    """Both ARG and ENV are in the environment of the build."""
    for one in () if file.variables is MISSING else file.variables:
        if _declares(one) and not _passes_on(one):
            yield Declared(
                source="nas",
                kind="dockerfile",
                place=file.path,
                variable=one.name,
                line=one.line,
                value=_told(one),
            )


def _declares(one: Variable) -> bool:
    """Whether there is a value: a name alone takes one that is judged where it is given."""
    return one.text is not None and one.value is not None


def _passes_on(one: Variable) -> bool:
    """`ENV NAME=$NAME` declares nothing of its own, nor does it with an empty default."""
    return one.text in (f"${one.name}", f"${{{one.name}}}", f"${{{one.name}:-}}", f"${{{one.name}-}}")


def _told(one: Variable) -> str | Missing:
    return MISSING if one.value is None else one.value


def _value(key: EnvKey) -> str | Missing:
    """An empty value is one: it wins over the files all the same."""
    if not key.has_value:
        return ""
    return MISSING if key.value is None else key.value
