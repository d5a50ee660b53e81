"""A whole production NAS on loopback: Gitea, releases, two slots, proxy, sshd; a `World` belongs to one test.

    with run_lab(folder) as lab, run_world(lab, folder) as world:
        world.tree.append("src/a.md")
        world.collect(), world.audit("nas-*")
It begins green: main's tip is deployed, built, run by both slots; the proxy leads to blue.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gitea_replay import ReplayGitea
from nas_canon import Canon, auditor_token, make_canon
from nas_docker import BASE as BASE_IMAGE
from nas_docker import Docker, run_dockerd
from nas_proxy import Authority, Proxy, run_proxy
from nas_site import BASE, CHECKS, OWNER, REPO
from nas_slot import SLOTS, Slots, run_slots
from nas_tree import NasTree
from sshd import SshBox, run_sshd

from auditor.collectors import nas as collector
from auditor.config import Config
from auditor.config.loader import Loaded, load_config
from auditor.interfaces import Context, Deadline
from auditor.model.facts.nas import Nas
from auditor.model.facts.snapshot import SCHEMA_VERSION, Snapshot
from auditor.model.report import Report
from auditor.pipeline.audit import Audited, audit
from auditor.pipeline.collection import Request
from auditor.pipeline.evaluation import Terms, prepare

OLD, NEW = "20260101-120000", "20260201-120000"
_ARGUMENTS = {"PUBLIC_GITEA_BASE": BASE, "PUBLIC_GITEA_OWNER": OWNER, "PUBLIC_GITEA_REPO": REPO}
SOURCES = ("gitea", "nas", "canon")
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass
class Lab:
    """What all worlds of a session share: the daemon, the slots, sshd, the template of the canonical repository."""

    folder: Path
    docker: Docker
    slots: Slots
    authority: Authority
    box: SshBox
    canon: Canon
    site: Path
    built: dict[str, str] = field(default_factory=dict)

    def ssh_options(self) -> list[str]:
        """What sshd is to be started with."""
        return ssh_options(self.docker)


@dataclass
class World:
    """One site; its parts are free to change, but for the lab's."""

    folder: Path
    lab: Lab
    canon: Canon
    gitea: ReplayGitea
    proxy: Proxy
    tree: NasTree
    box: SshBox
    changes: dict[str, Any] = field(default_factory=dict)
    known: tuple[str, Loaded] | None = None

    @property
    def slots(self) -> Slots:
        return self.lab.slots

    def build(self, slot: str, release: str, *, dockerfile: str = "Dockerfile", commit: str | None = None) -> str:
        """Builds the slot's image of a release's folder as it is now, labelled with its HEAD (or `commit`)."""
        label = commit or self.tree.git("rev-parse", "HEAD", release=release)
        arguments = _ARGUMENTS | {"GIT_SHA": label}
        return self.lab.docker.build(self.tree.release(release), _tag(slot), arguments, dockerfile=dockerfile)

    def start(self, slot: str, **options: Any) -> None:
        """(Re)creates the slot's container from what its tag means now."""
        self.slots.start(slot, _tag(slot), **options)

    def prepare_image(self, slot: str, commit: str) -> None:
        """Gives the slot's tag the image of a commit that the canonical history began with; each is built once."""
        if commit not in self.lab.built:
            scratch = NasTree(self.folder / "scratch", self.canon)
            app = scratch.add_release(commit[:12], commit)
            self.lab.built[commit] = self.lab.docker.build(app, _tag(slot), _ARGUMENTS | {"GIT_SHA": commit})
        self.lab.docker.run("tag", self.lab.built[commit], _tag(slot))

    def settings(self) -> dict[str, Any]:
        """The policy file as data."""
        nas = {
            "ssh": f"{self.box.user}@127.0.0.1:{self.box.port}",
            "key": {"file": str(self.box.key)},
            "host_key": next(iter(self.box.fingerprints.values())),
            "root": str(self.tree.root),
            "slots": [{"name": name, "container": f"web_{name}", "port": self.slots.ports[name]} for name in SLOTS],
            "proxy": {"kind": "dsm", "files": self.proxy.files},
            "smoke": [{"path": "/", "status": 200, "contains": "Archicratia"}],
        }
        gitea = {
            "base": BASE,
            "api": self.gitea.url,
            "owner": OWNER,
            "repo": REPO,
            "checks": list(CHECKS),
            "baseline": self.canon.commits[0],
            "token": {"file": str(self.folder / "token")},
        }
        site = {"url": self.proxy.url, "ca": str(self.lab.authority.ca), "browser": "never"}
        return {
            "schema": 1,
            "extends": "standard",
            "id": "archicratie-edition",
            **{name: self._changed(name, data) for name, data in (("gitea", gitea), ("nas", nas), ("site", site))},
            "connect": self.proxy.connect,
            "history": {"path": str(self.folder / "state")},
            **{key: value for key, value in self.changes.items() if key not in ("gitea", "nas", "site")},
        }

    def _changed(self, section: str, data: dict[str, Any]) -> dict[str, Any] | None:
        changes = self.changes.get(section, {})
        return None if changes is None else data | changes

    def config_file(self) -> Path:
        """Writes the policy file; what is None in it is left out."""
        file = self.folder / "policies.yaml"
        file.write_text(
            json.dumps({key: _filled(value) for key, value in self.settings().items() if value is not None})
        )
        token = self.folder / "token"
        token.write_text(auditor_token(self.gitea) + "\n")
        token.chmod(0o600)
        return file

    def loaded(self) -> Loaded:
        """The policy file, read anew where it says something else by now."""
        file = self.config_file()
        text = file.read_text()
        if self.known is None or self.known[0] != text:
            self.known = text, load_config(file)
        return self.known[1]

    def config(self) -> Config:
        """What the policy file says."""
        return self.loaded().config

    def collect(self, *, seconds: float = 60) -> Nas:
        """The NAS's facts alone; raises SourceError where there are none."""
        now = self.now()
        context = Context(
            config=self.config(),
            seen=_nothing_seen(now),
            state=self.folder / "state",
            deadline=Deadline.after(seconds),
            now=now,
            progress=lambda text: None,
        )
        return collector.collect(context)

    @staticmethod
    def now() -> datetime:
        """The auditor's clock."""
        return datetime.now(UTC)

    def audited(self, *rules: str, seconds: float = 60) -> Audited:
        """A whole audit, stored in the world's own history."""
        loaded = self.loaded()
        bench = prepare(loaded, self.lab.folder / "cache")
        state = self.folder / "state"
        request = Request(config=loaded.config, mode="audit", timeout=seconds, only=SOURCES, state=state)
        return audit(request, bench, Terms(rules=rules), state)

    def audit(self, *rules: str, seconds: float = 60) -> Report:
        """The report of an audit."""
        return self.audited(*rules, seconds=seconds).report


def ssh_options(docker: Docker, path: str = PATH) -> list[str]:
    """DSM's poor PATH, the lab's Docker for the one that root may use, a home without this machine's start files."""
    return [f"SetEnv PATH={path} DOCKER_HOST={docker.host} HOME={docker.folder}"]


@contextmanager
def run_lab(folder: Path) -> Iterator[Lab]:
    """The shared parts until the block ends; skipped, with the reason, where one of them can't be had."""
    with ExitStack() as stack:
        docker = stack.enter_context(run_dockerd())
        docker.need_image(BASE_IMAGE)
        slots = stack.enter_context(run_slots(docker))
        box = stack.enter_context(run_sshd(options=ssh_options(docker)))
        canon = make_canon(folder / "canon")
        site = _make_site(folder / "site", canon)
        yield Lab(folder, docker, slots, Authority(folder), box, canon, site)


@contextmanager
def run_world(lab: Lab, folder: Path, **changes: Any) -> Iterator[World]:
    """A green world until the block ends; `changes` are merged into its policy file."""
    with ExitStack() as stack:
        canon = lab.canon.copy(folder)
        gitea = stack.enter_context(canon.serve())
        (folder / "proxy").mkdir()
        proxy = stack.enter_context(run_proxy(folder / "proxy", lab.authority))
        root = folder / "volume2/docker/archicratie-web"
        shutil.copytree(lab.site, root, symlinks=True)
        world = World(folder, lab, canon, gitea, proxy, NasTree(root, canon), lab.box, dict(changes))
        for slot in SLOTS:
            world.prepare_image(slot, canon.tip)
            world.start(slot)
        proxy.point(lab.slots.ports["blue"])
        yield world


def _make_site(root: Path, canon: Canon) -> Path:
    """The folder that every world begins with a copy of."""
    tree = NasTree(root, canon)
    root.mkdir()
    tree.add_release(OLD, canon.commits[-2], hours=100)
    tree.add_release(NEW, canon.tip)
    tree.point(NEW)
    return root


def _tag(slot: str) -> str:
    return f"app-web_{slot}:latest"


def _filled(value: Any) -> Any:
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value


def _nothing_seen(now: datetime) -> Snapshot:
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Snapshot(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        id="0",
        site_id="lab",
        mode="audit",
        started_at=moment,
        finished_at=moment,
        sources=(),
    )
