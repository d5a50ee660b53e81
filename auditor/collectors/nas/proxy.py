"""The proxy's rules from DSM's ReverseProxy.json, from rendered or hand-written nginx files, and from synowebapi."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from auditor.collectors.nas.json_value import at, list_at, map_at, number_at, parse_object, text_at
from auditor.collectors.nas.nginx import Block, Directive, parse_nginx
from auditor.collectors.nas.record import records
from auditor.errors import SourceError
from auditor.model.facts.nas_proxy import ProxyRule, ProxySource, ReverseProxy
from auditor.model.missing import MISSING

Scheme = Literal["http", "https"]
Kind = Literal["dsm", "nginx", "none"]
Door = Literal["plain", "helper", "sudo", "none", "not-asked"]
_SYNOWEBAPI = "synowebapi"
_MISSING_FILE = b"No such file"
_BACKEND = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^/:\s]+)(?::([0-9]{1,5}))?(?:/.*)?")
_PORTS = {"http": 80, "https": 443}


def parse_proxy(body: bytes, kind: Kind) -> tuple[ReverseProxy, Door]:
    """The rules by every source that could be read, and by which door; raises SourceError for a damaged section."""
    if kind == "none":
        return ReverseProxy(kind="none", sources=(), rules=()), "not-asked"
    found = records(body)
    sources: dict[str, ProxySource] = {}
    rules: list[ProxyRule] = []
    doors: set[str] = set()
    for name, raw in found.items():
        door, source = _named(name)
        state, own = _read(door, source, raw)
        # the helper repeats a file that could not be read without it
        if source not in sources or state == "read":
            sources[source] = ProxySource(name=source, state=state, rule_count=len(own))
        if state == "read":
            rules.extend(own)
            doors.add(door)
    read = any(source.state == "read" for source in sources.values())
    return (
        ReverseProxy(
            kind=kind, sources=tuple(sources.values()), rules=tuple(dict.fromkeys(rules)) if read else MISSING
        ),
        _door(doors, body),
    )


def _named(record: str) -> tuple[str, str]:
    door, blank, path = record.partition(" ")
    return (door, path) if blank else ("plain", record)


def _read(
    door: str, source: str, raw: bytes
) -> tuple[Literal["read", "absent", "refused", "damaged"], list[ProxyRule]]:
    if door == "failed":
        return ("absent" if _MISSING_FILE in raw else "refused"), []
    try:
        if source == _SYNOWEBAPI:
            return "read", list(_web_api(raw))
        if source.endswith(".json"):
            return "read", list(_store(source, raw))
        return "read", list(_nginx(source, raw))
    except SourceError:
        return ("refused" if source == _SYNOWEBAPI else "damaged"), []


def _door(doors: set[str], body: bytes) -> Door:
    # the helper ends with a record of its own
    if body.count(b"\0end\0") > 1:
        return "helper"
    return "sudo" if "sudo" in doors else "plain" if doors else "none"


def _store(source: str, raw: bytes) -> Iterator[ProxyRule]:
    """DSM's own store: a map by UUID with a `version` beside; keys may be lacking."""
    if not raw.strip():
        return
    for key, value in parse_object(raw, source).items():
        if isinstance(value, dict):
            yield _rule(source, key, value)


def _web_api(raw: bytes) -> Iterator[ProxyRule]:
    answer = parse_object(raw, _SYNOWEBAPI)
    if answer.get("success") is not True or not isinstance(at(answer, "data", "entries"), list):
        raise SourceError(f"{_SYNOWEBAPI} refused")
    for entry in list_at(answer, "data", "entries"):
        if isinstance(entry, dict):
            yield _rule(_SYNOWEBAPI, text_at(entry, "UUID"), entry)


def _rule(source: str, key: str, value: Mapping[str, Any]) -> ProxyRule:
    front, back = map_at(value, "frontend"), map_at(value, "backend")
    scheme: Scheme = "https" if number_at(front, "protocol") == 1 else "http"
    behind: Scheme = "https" if number_at(back, "protocol") == 1 else "http"
    return ProxyRule(
        source=source,
        id=key,
        description=text_at(value, "description"),
        scheme=scheme,
        host=text_at(front, "fqdn").lower(),
        port=number_at(front, "port") or _PORTS[scheme],
        backend_scheme=behind,
        backend_host=text_at(back, "fqdn").lower(),
        backend_port=number_at(back, "port") or _PORTS[behind],
    )


def _nginx(source: str, raw: bytes) -> Iterator[ProxyRule]:
    blocks = parse_nginx(raw.decode("utf-8", "replace"))
    upstreams = dict(_upstreams(blocks))
    for number, server in enumerate(_below(blocks, "server")):
        for target in dict.fromkeys(_targets(server)):
            for host in _hosts(server):
                for scheme, port in _listens(server):
                    rule = _nginx_rule(f"{source}#{number}", (scheme, host, port), target, upstreams)
                    if rule is not None:
                        yield ProxyRule(source=source, **rule)


def _nginx_rule(
    key: str, front: tuple[Scheme, str, int], target: str, upstreams: Mapping[str, str]
) -> dict[str, Any] | None:
    match = _BACKEND.fullmatch(target)
    if match is None:
        return None
    scheme: Scheme = "https" if match[1] == "https" else "http"
    host, port = match[2], match[3]
    if not port and host in upstreams:
        host, _, port = upstreams[host].rpartition(":")
    return {
        "id": key,
        "description": "",
        "scheme": front[0],
        "host": front[1],
        "port": front[2],
        "backend_scheme": scheme,
        "backend_host": host.lower(),
        "backend_port": int(port) if port else _PORTS[scheme],
    }


def _upstreams(blocks: list[Block]) -> Iterator[tuple[str, str]]:
    """The first server of each upstream, with its port."""
    for upstream in _below(blocks, "upstream"):
        for one in upstream.directives:
            if upstream.words and one.words[0] == "server" and len(one.words) > 1:
                address = one.words[1]
                yield upstream.words[0], address if re.search(r":\d{1,5}$", address) else f"{address}:80"
                break


def _below(blocks: list[Block], name: str) -> Iterator[Block]:
    for block in blocks:
        if block.name == name:
            yield block
        yield from _below(block.blocks, name)


def _targets(block: Block) -> Iterator[str]:
    yield from (one.words[1] for one in _named_directives(block, "proxy_pass"))
    for inner in block.blocks:
        yield from _targets(inner)


def _hosts(server: Block) -> list[str]:
    names = [name.lower() for one in _named_directives(server, "server_name") for name in one.words[1:]]
    return list(dict.fromkeys("" if name == "_" else name for name in names)) or [""]


def _listens(server: Block) -> list[tuple[Scheme, int]]:
    found: list[tuple[Scheme, int]] = []
    for one in _named_directives(server, "listen"):
        scheme: Scheme = "https" if "ssl" in one.words[2:] else "http"
        match = re.fullmatch(r"(?:.*:)?(\d{1,5})", one.words[1])
        found.append((scheme, int(match[1]) if match else _PORTS[scheme]))
    return list(dict.fromkeys(found)) or [("http", 80)]


def _named_directives(block: Block, name: str) -> Iterator[Directive]:
    return (one for one in block.directives if one.words[0] == name and len(one.words) > 1)
