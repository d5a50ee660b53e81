"""An image by what `docker inspect` and `docker history` say of it; env, labels and commands are judged and dropped."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from auditor.collectors.nas.json_value import JsonObject, list_at, map_at, parse_object, text_at
from auditor.collectors.nas.judgement import Judge, env_key, judged
from auditor.detector.key_name import looks_secret
from auditor.detector.public_value import public_value
from auditor.errors import SourceError
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.nas_docker import BuildArgument, Image, Label
from auditor.text import parse_time, printable, short, time_text

SOURCE_LABEL = "org.opencontainers.image.source"
_KEPT = ("org.opencontainers.image.", "com.docker.compose.")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_COMMIT_NAME = re.compile(r"(?i)(^|_)(sha|sha1|commit|revision|rev|ref|version)(_|$)")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_ARGUMENTS = re.compile(r"(?:RUN )?\|([0-9]{1,3}) (.*)", re.DOTALL)
_DEFAULT = re.compile(r"(?:/bin/sh -c #\(nop\)\s+)?ARG ([A-Za-z_][A-Za-z0-9_]*)(?:=(\S*))?(?: # buildkit)?\s*")
_COPIED = re.compile(r"(?:COPY|ADD) (?:.* in (/\S*)|.* (/\S*) # buildkit)\s*$", re.DOTALL)
_WEB_ROOTS = (
    "/usr/share/nginx/html",
    "/usr/local/apache2/htdocs",
    "/usr/share/caddy",
    "/var/www",
    "/srv",
    "/www",
    "/public",
    "/app/dist",
)


def parse_history(raw: bytes) -> list[str]:
    """The commands that made an image, last first; raises SourceError without any."""
    lines = [line for line in raw.split(b"\n") if line.startswith(b"{")]
    if not lines:
        raise SourceError("docker history said nothing")
    return [_command(parse_object(line, "docker history")) for line in lines]


def build_arguments(commands: list[str]) -> tuple[BuildArgument, ...]:
    """The build arguments that the commands (last first) show, by name; a value given wins over a default.

    BuildKit shows what was given with the commands that ran, so that `ARG NAME` alone does not tell the value.
    """
    return tuple(_argument(name, value) for name, value in sorted(_values(commands).items()))


def parse_image(image: JsonObject, commands: list[str] | None, label: str, place: str, judge: Judge) -> Image:
    """An image as a fact; `label` is the one that names the commit, `commands` None where its history is unknown."""
    config = map_at(image, "Config")
    labels = string_map(map_at(config, "Labels"))
    env = variables(config)
    seen = [(f"{name}={value}", f"{place}:env:{name}") for name, value in env]
    seen += [(f"{name}={value}", f"{place}:label:{name}") for name, value in labels.items()]
    seen += [(command, f"{place}:history") for command in commands or []]
    seen += [
        (f"{name}={value}", f"{place}:argument:{name}") for name, value in _values(commands or []).items() if value
    ]
    folder = text_at(config, "WorkingDir")
    secrets = judged(judge, seen)
    facts = Image(
        id=text_at(image, "Id"),
        tags=tuple(sorted(printable(tag) for tag in list_at(image, "RepoTags") if isinstance(tag, str))),
        created_at=instant(text_at(image, "Created")),
        commit=labels.get(label) or None,
        source=labels.get(SOURCE_LABEL) or None,
        working_dir=folder or None,
        code=_code(commands or [], folder),
        labels=kept_labels(labels, label, judge),
        env=env_keys(env),
    )
    if commands is None:
        return facts
    return replace(facts, arguments=build_arguments(commands), secrets=secrets)


def variables(config: JsonObject) -> list[tuple[str, str]]:
    """The environment of a container's or image's configuration, in order."""
    texts = (text for text in list_at(config, "Env") if isinstance(text, str))
    parts = (text.partition("=") for text in texts)
    return [(name, value) for name, _, value in parts]


def env_keys(env: list[tuple[str, str]]) -> tuple[EnvKey, ...]:
    """Variables as facts, by name."""
    return tuple(env_key(name, value) for name, value in sorted(env))


def string_map(value: JsonObject) -> dict[str, str]:
    """Labels: names and values that are texts, safe to show."""
    return {printable(name): short(printable(one), 1024) for name, one in value.items() if isinstance(one, str)}


def kept_labels(labels: dict[str, str], commit_label: str, judge: Judge) -> tuple[Label, ...]:
    """The labels that may be kept: of OCI, compose, and the configured one, as far as they hold no secret."""
    return tuple(
        Label(name=name, value=value)
        for name, value in sorted(labels.items())
        if (name.startswith(_KEPT) or name == commit_label) and not tuple(judge(f"{name}={value}", ""))
    )


def instant(text: str) -> str | None:
    """A time of Docker's as a fact; None for the years 1 and 1970, which mean none."""
    try:
        moment = parse_time(re.sub(r"\.\d+", "", text))
    except ValueError:
        return None
    return time_text(moment) if datetime(1971, 1, 1) < moment.replace(tzinfo=None) else None


def _command(line: JsonObject) -> str:
    found = line.get("CreatedBy")
    return found if isinstance(found, str) else ""


def _values(commands: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    found.update({default[1]: default[2] for one in reversed(commands) if (default := _DEFAULT.fullmatch(one))})
    for command in reversed(commands):
        found.update(_arguments(command))
    return found


def _arguments(command: str) -> Iterator[tuple[str, str]]:
    """Of `|2 A=x B=y /bin/sh -c …`; a value may hold blanks, so a word without `=` belongs to the one before."""
    match = _ARGUMENTS.fullmatch(command)
    if not match:
        return
    words: list[str] = []
    count = int(match[1])
    for word in match[2].split(" "):
        if _ASSIGNED.fullmatch(word) and len(words) < count:
            words.append(word)
        elif len(words) < count and words:
            words[-1] += f" {word}"
        else:
            break
    for word in words:
        assigned = _ASSIGNED.fullmatch(word)
        if assigned:
            yield assigned[1], assigned[2]


def _argument(name: str, value: str | None) -> BuildArgument:
    if value is None:
        return BuildArgument(name=short(name, 200), looks_secret=looks_secret(name), value=None, commit=None)
    commit = value if _COMMIT.fullmatch(value) and _COMMIT_NAME.search(name) and not looks_secret(name) else None
    return BuildArgument(
        name=short(name, 200),
        has_value=bool(value),
        looks_secret=looks_secret(name),
        value=commit or public_value(name, value),
        commit=commit,
    )


def _code(commands: list[str], working_dir: str) -> str | None:
    for command in commands:
        match = _COPIED.search(command)
        folder = (match[1] or match[2]).rstrip("/") if match else ""
        if any(folder == root or folder.startswith(f"{root}/") for root in _WEB_ROOTS):
            return folder
    return working_dir if working_dir not in ("", "/") else None
