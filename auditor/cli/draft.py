"""A first policies.yaml: what a clone, its remote, its env and compose files and ~/.ssh/config tell of the site."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.errors import SourceError
from auditor.model.facts.git_config import RemoteUrl
from auditor.model.facts.local import Local
from auditor.model.missing import MISSING

_VARIABLE = re.compile(r"(\w*PUBLIC_\w*?)(BASE|URL|OWNER|REPO)$")
# what Gitea allows as the name of an owner or a repository (modules/validation, models/repo/name.go)
_NAME = r"[A-Za-z0-9._-]+"
_COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
_LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A service of a compose file that publishes a port on this machine alone."""

    name: str
    container: str | None
    port: int


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known of a site; None or empty where nothing tells it."""

    id: str
    branch: str = "main"
    remote: str = "origin"
    base: str | None = None
    owner: str | None = None
    repo: str | None = None
    tip: str | None = None
    variables: tuple[str, str, str] | None = None
    slots: tuple[Slot, ...] = ()
    ssh: str | None = None
    root: str | None = None
    url: str | None = None


def draft_of(local: Local, folder: Path, *, branch: str) -> Draft:
    """What the clone at `folder` tells; `local` are its facts."""
    draft = Draft(id=re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).strip("-.") or "site", branch=branch)
    url = _remote(local, draft.remote)
    if url is not None and all(re.fullmatch(_NAME, name or "") for name in (url.owner, url.repository)):
        draft = replace(draft, base=_base(url), owner=url.owner, repo=url.repository)
    if local.main is not MISSING and local.main is not None:
        draft = replace(draft, tip=local.main.tracking_commit)
    known = dict(_public_values(local))
    named = _variables(known)
    if named is not None:
        # the env file is what the site is built with, and the remote may be an ssh name of the same server
        base = known.get(named[0]) or draft.base
        draft = replace(draft, variables=named, base=base.rstrip("/") if base else None)
    return replace(draft, slots=tuple(_slots(folder)), ssh=_ssh_host(Path("~/.ssh/config").expanduser()))


def render_draft(draft: Draft, schema: Path) -> str:
    """The file's text, commented; sections of which too little is known are there as comments."""
    return "".join(
        f"{line}\n" for line in (*_head(draft, schema), *_gitea(draft), *_nas(draft), *_site(draft), *_tail())
    )


def _remote(local: Local, name: str) -> RemoteUrl | None:
    remotes = () if local.remotes is MISSING else local.remotes
    ours = next((remote for remote in remotes if remote.name == name), None)
    return ours.addresses[0].url if ours is not None and ours.addresses else None


def _base(url: RemoteUrl) -> str | None:
    """The server's web address; that of an ssh remote is a guess, which the file says."""
    if url.host is None or url.form not in ("https", "http", "ssh", "scp"):
        return None
    scheme = "http" if url.form == "http" else "https"
    port = f":{url.port}" if url.port is not None and url.form in ("https", "http") else ""
    below = (url.path or "").strip("/").split("/")[:-2] if url.form in ("https", "http") else []
    return "/".join([f"{scheme}://{url.host}{port}", *below])


def _public_values(local: Local) -> Iterator[tuple[str, str]]:
    for file in () if local.env_files is MISSING else local.env_files:
        for key in () if file.keys is MISSING else file.keys:
            if isinstance(key.value, str) and key.value:
                yield key.name, key.value


def _variables(known: dict[str, str]) -> tuple[str, str, str] | None:
    """The three variables of one prefix, if there is one that has all of them."""
    prefixes: dict[str, dict[str, str]] = {}
    for name in known:
        match = _VARIABLE.fullmatch(name)
        if match:
            prefixes.setdefault(match[1], {})["BASE" if match[2] == "URL" else match[2]] = name
    whole = [found for found in prefixes.values() if found.keys() == {"BASE", "OWNER", "REPO"}]
    return None if not whole else (whole[0]["BASE"], whole[0]["OWNER"], whole[0]["REPO"])


def _slots(folder: Path) -> Iterator[Slot]:
    from auditor.collectors.nas.compose import parse_compose

    for name in _COMPOSE:
        path = folder / name
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
                continue
            services = parse_compose(path.read_bytes(), {})
        except (OSError, SourceError):
            continue
        for service in services:
            port = next((int(one.host_port) for one in service.ports if one.host_port.isdigit()), None)
            if port is not None:
                short = service.name.removeprefix("web_").removeprefix("web-")
                yield Slot(name=short, container=service.container_name, port=port)
        return


def _ssh_host(path: Path) -> str | None:
    """`user@host:port` of the one host in ~/.ssh/config whose name speaks of a NAS."""
    from paramiko import ConfigParseError, SSHConfig

    try:
        config = SSHConfig.from_path(str(path))
    except (OSError, ConfigParseError, UnicodeDecodeError):
        return None
    names = [
        name for name in config.get_hostnames() if re.search(r"(?i)nas|synology|diskstation", name) and "*" not in name
    ]
    if len(names) != 1:
        return None
    found = config.lookup(names[0])
    user = f"{found['user']}@" if "user" in found else "auditor@"
    return f"{user}{found.get('hostname', names[0])}:{found.get('port', '22')}"


def _head(draft: Draft, schema: Path) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={schema}"
    yield "# What this site is and what it must obey. auditor validate checks this file, auditor doctor the access."
    yield "schema: 1"
    yield "extends: standard"
    yield f"id: {_yaml(draft.id)}  # the site's name in reports; its history is kept under it"
    yield ""
    yield "local:"
    yield "  path: ."
    yield f"  remote: {_yaml(draft.remote)}"


def _gitea(draft: Draft) -> Iterator[str]:
    known = draft.base and draft.owner and draft.repo
    mark = "" if known else "# "
    yield ""
    if not known:
        yield "# Gitea was not found: name it, and take the marks away."
    yield f"{mark}gitea:"
    yield f"{mark}  base: {_yaml(draft.base or 'https://git.example.net')}  # the address that visitors know"
    yield f"{mark}  owner: {_yaml(draft.owner or 'Acme')}"
    yield f"{mark}  repo: {_yaml(draft.repo or 'site')}"
    yield f"{mark}  branch: {_yaml(draft.branch)}"
    yield f"{mark}  # a token with the scope read:repository alone, of a user with Admin on this repository alone;"
    yield f"{mark}  # without it the server is asked as a visitor, and what needs rights is UNKNOWN:"
    yield f"{mark}  # token: {{env: AUDITOR_GITEA_TOKEN}}"
    if draft.tip:
        yield f"{mark}  # main's tip when this file was written: older commits are not asked for a pull request"
        yield f'{mark}  baseline: "{draft.tip}"'
    yield f'{mark}  # checks: ["CI / build"]  # without it, the contexts that the protection demands'


def _nas(draft: Draft) -> Iterator[str]:
    known = draft.ssh and draft.root and draft.slots
    mark = "" if known else "# "
    yield ""
    yield f"{mark}nas:" if known else "# The NAS: fill in what is missing, and take the marks away.\n# nas:"
    yield f"{mark}  ssh: {_yaml(draft.ssh or 'auditor@nas.lan:22')}"
    yield f"{mark}  key: {{file: ~/.ssh/auditor_ed25519}}"
    yield f"{mark}  # compare on the NAS itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    yield f"{mark}  known_hosts: ~/.ssh/known_hosts"
    yield f"{mark}  # command, once auditor probe --install was followed: the key then runs the probe and nothing else"
    yield f"{mark}  access: probe"
    yield f"{mark}  root: {_yaml(draft.root or '/volume1/docker/site')}  # holds releases/<timestamp>/app and current"
    yield f"{mark}  slots:"
    examples = (
        Slot(name="blue", container="web_blue", port=8081),
        Slot(name="green", container="web_green", port=8082),
    )
    for slot in draft.slots or examples:
        container = f", container: {_yaml(slot.container)}" if slot.container else ""
        yield f"{mark}    - {{name: {_yaml(slot.name)}{container}, port: {slot.port}}}"
    yield f"{mark}  proxy: {{kind: dsm}}  # or {{kind: nginx, files: [PATH]}}, or {{kind: none}}"


def _site(draft: Draft) -> Iterator[str]:
    mark = "" if draft.url else "# "
    yield ""
    yield f"{mark}site:" if draft.url else "# The public site: name its address, and take the marks away.\n# site:"
    yield f"{mark}  url: {_yaml(draft.url or 'https://www.example.net/')}"
    if draft.variables:
        base, owner, repo = draft.variables
        yield f"{mark}  variables: {{base: {base}, owner: {owner}, repo: {repo}}}"


def _tail() -> Iterator[str]:
    yield ""
    yield "# Everything else has a default: smoke checks, limits, waivers, secrets, notify, publish and all other keys"
    yield "# are explained in docs/configuration.md; an editor that knows the schema above shows each."


def _yaml(text: str) -> str:
    """A text as YAML: bare where that can't be misread, else in double quotes, which are JSON's."""
    plain = re.fullmatch(r"[A-Za-z/~][A-Za-z0-9._/~@-]*(?::[A-Za-z0-9/][A-Za-z0-9._/:-]*)?", text)
    words = ("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~")
    return text if plain and text.lower() not in words else json.dumps(text)
