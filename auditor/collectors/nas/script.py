"""The probe with a site's constants, its hash, and the recipe that installs it; it installs nothing itself."""

import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from auditor.config import Config, Nas
from auditor.errors import ConfigError

PATH = (
    "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/syno/bin"
    ":/var/packages/ContainerManager/target/usr/bin:/var/packages/Docker/target/usr/bin"
)
DSM_PROXY_FILES = (
    "/usr/syno/etc/www/ReverseProxy.json",
    "/etc/nginx/sites-enabled/server.ReverseProxy.conf",
    "/etc/nginx/app.d/server.ReverseProxy.conf",
    "/usr/local/etc/nginx/sites-enabled/server.ReverseProxy.conf",
)
_FIRST = "# --- constants of this site, written by `auditor probe` ---\n"
_LAST = "# --- end of the constants ---\n"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Nonces:
    """The three random parts of a visit, 32 hex digits each."""

    log: str
    frame: str
    key: str

    def line(self) -> str:
        """What an installed probe reads on standard input."""
        return f"nonce={self.log}:{self.frame}:{self.key}\n"

    def assignments(self) -> str:
        """What precedes a probe that travels on standard input itself."""
        return f"nonce_log={self.log} nonce_frame={self.frame} nonce_key={self.key}\n"


def render_script(config: Config, *, path: str = PATH) -> str:
    """The probe for the site of `config`, whose `nas` is there; `path` is where it looks for programs.

    Raises ConfigError where a value holds a control character, which no constant of a shell script may.
    """
    nas = _nas(config)
    head, _, rest = _template().partition(_FIRST)
    _, _, tail = rest.partition(_LAST)
    lines = _constants(config, nas, path)
    for line in lines:
        if _CONTROL.search(line):
            raise ConfigError(f"nas: {line!r} holds a control character: take it out")
    return "".join((head, _FIRST, *(f"{line}\n" for line in lines), _LAST, tail))


def script_hash(script: str) -> str:
    """The sha256 of a rendered script, hex: what an installed copy must answer."""
    return hashlib.sha256(script.encode()).hexdigest()


def visit_input(config: Config, nonces: Nonces) -> str:
    """What goes to the standard input of the session: the nonces alone where the key's forced command is the probe."""
    if _nas(config).access == "command":
        return nonces.line()
    return nonces.assignments() + render_script(config)


def slot_pages(config: Config) -> tuple[str, ...]:
    """The paths that each slot is asked for, in order: the site's pages, then those of the smoke checks."""
    pages = () if config.site is None else config.site.pages
    return tuple(dict.fromkeys((*pages, *(check.path for check in _nas(config).smoke))))


def _nas(config: Config) -> Nas:
    if config.nas is None:
        raise ConfigError("there is no section nas: the probe needs its root and slots")
    return config.nas


@cache
def _template() -> str:
    return files("auditor.collectors.nas").joinpath("probe.sh").read_text("utf-8")


def _constants(config: Config, nas: Nas, path: str) -> list[str]:
    slots = ((str(at), str(slot.port), *filter(None, [slot.container])) for at, slot in enumerate(nas.slots))
    own = [name.removeprefix("nas:") for name in config.secrets.own_values if name.startswith("nas:")]
    return [
        f"PATH={shlex.quote(path)}",
        f"root={shlex.quote(nas.root)}",
        f"docker_mode={shlex.quote(nas.docker)}",
        f"proxy_kind={shlex.quote(nas.proxy.kind)}",
        f"site_origin={shlex.quote(_origin(config))}",
        f"stamp_path={shlex.quote(nas.build_stamp.path if nas.build_stamp else '')}",
        _each("slot", slots),
        _each("page", ((page,) for page in slot_pages(config))),
        _each("proxy_file", ((name,) for name in _proxy_files(nas))),
        _each("own_file", ((name,) for name in own)),
        _each("pruned", ((name,) for name in nas.not_compared)),
        _finder("tree", ["-path ./.git", *(f"-path {_pattern('./', name)}" for name in nas.not_compared)]),
        _finder("whole", ["-name .git", *(f"-path {_pattern('*/', name)}" for name in nas.not_compared)]),
    ]


def _origin(config: Config) -> str:
    if config.site is None:
        return ""
    parts = urlsplit(config.site.url)
    return f"{parts.scheme}://{parts.netloc}"


def _proxy_files(nas: Nas) -> Sequence[str]:
    if nas.proxy.kind == "dsm":
        return (*DSM_PROXY_FILES, *nas.proxy.files)
    return nas.proxy.files


def _each(name: str, calls: Iterable[tuple[str, ...]]) -> str:
    body = " ".join(f'"$@" {shlex.join(call)};' for call in calls)
    return f"each_{name}() {{ {body or ':;'} }}"


def _finder(name: str, tests: list[str]) -> str:
    return f'{name}() {{ find . -xdev \\( {" -o ".join(tests)} \\) -type d -prune -o "$@"; }}'


def _pattern(start: str, name: str) -> str:
    """A folder as a pattern of find that matches its name alone."""
    return shlex.quote(start + re.sub(r"([\\*?\[])", r"\\\1", name.strip("/")))
