"""Compose files as they are written: services, build arguments, ports; YAML is read safely and never run."""

from collections.abc import Iterator
from typing import Any

import yaml

from auditor.collectors.nas.declaration import variable
from auditor.collectors.nas.interpolation import Known
from auditor.errors import SourceError
from auditor.model.facts.nas_build import ComposePort, ComposeService, Variable
from auditor.text import printable, short

_TEXT_LIMIT = 1024


def parse_compose(data: bytes, known: Known) -> tuple[ComposeService, ...]:
    """The services by name; `known` are the variables of the folder's `.env`. Raises SourceError for what isn't one."""
    try:
        loader = yaml.SafeLoader(data.decode("utf-8-sig", "replace"))
        node = loader.get_single_node()
        value = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, AttributeError) as fault:
        raise SourceError("the compose file is no YAML that can be read") from fault
    services = value.get("services") if isinstance(value, dict) else None
    if not isinstance(services, dict):
        raise SourceError("the compose file names no services")
    named = sorted((str(name), one) for name, one in services.items() if isinstance(one, dict))
    return tuple(_service(name, one, _child(node, "services", name), known) for name, one in named)


def _service(name: str, service: dict[Any, Any], node: Any, known: Known) -> ComposeService:
    build = service.get("build")
    settings = build if isinstance(build, dict) else {"context": build} if isinstance(build, str) else {}
    argument_node = _child(node, "build", "args")
    return ComposeService(
        name=_shown(name),
        container_name=_text(service.get("container_name")),
        image=_text(service.get("image")),
        context=_text(settings.get("context")),
        dockerfile=_text(settings.get("dockerfile")),
        network_mode=_text(service.get("network_mode")),
        ports=tuple(_ports(service.get("ports"))),
        env_files=tuple(_env_files(service.get("env_file"))),
        variables=(
            *_variables(settings.get("args"), "argument", argument_node, known),
            *_variables(service.get("environment"), "environment", _child(node, "environment"), known),
        ),
    )


def _variables(raw: Any, scope: Any, node: Any, known: Known) -> Iterator[Variable]:
    """Both forms: a map, or a list of `NAME=value`; a name alone takes its value from the environment."""
    for index, (name, text) in enumerate(_pairs(raw)):
        yield variable(name, text, scope, _line(node, name, index), known)


def _pairs(raw: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield str(name), None if value is None else _scalar(value)
    for item in raw if isinstance(raw, list) else ():
        if isinstance(item, str):
            name, equals, text = item.partition("=")
            yield name.strip(), text if equals else None


def _ports(raw: Any) -> Iterator[ComposePort]:
    for item in raw if isinstance(raw, list) else ():
        if isinstance(item, dict):
            yield ComposePort(
                host_ip=_text(item.get("host_ip")) or "",
                host_port=_text(item.get("published")) or "",
                container_port=f"{_text(item.get('target')) or ''}{_protocol(item.get('protocol'))}",
            )
        elif isinstance(item, (str, int)):
            host, _, target = _shown(str(item)).rpartition(":")
            address, _, port = host.rpartition(":")
            yield ComposePort(host_ip=address.strip("[]"), host_port=port, container_port=target)


def _protocol(raw: Any) -> str:
    return f"/{raw}" if isinstance(raw, str) and raw != "tcp" else ""


def _env_files(raw: Any) -> Iterator[str]:
    for item in raw if isinstance(raw, list) else [raw]:
        text = _text(item.get("path")) if isinstance(item, dict) else _text(item)
        if text:
            yield text


def _child(node: Any, *names: str) -> Any:
    """The YAML node below some keys; None where a merge or an alias hides it."""
    for name in names:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if getattr(key, "value", None) == name), None)
    return node


def _line(node: Any, name: str, index: int) -> int | None:
    if isinstance(node, yaml.MappingNode):
        marks = (key.start_mark.line + 1 for key, _ in node.value if getattr(key, "value", None) == name)
        return next(marks, None)
    if isinstance(node, yaml.SequenceNode) and index < len(node.value):
        line: int = node.value[index].start_mark.line + 1
        return line
    return None


def _text(raw: Any) -> str | None:
    return _shown(_scalar(raw)) if isinstance(raw, (str, int, float, bool)) else None


def _scalar(raw: Any) -> str:
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _shown(text: str) -> str:
    return short(printable(text), _TEXT_LIMIT)
