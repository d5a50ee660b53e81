"""A small, healthy world of made-up facts, and how each rule of the standard policy judges it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, get_type_hints

import pytest

from auditor.config import Config, Gitea, Nas, Site, Slot
from auditor.config.loader import load_standard
from auditor.model.facts.canon import Canon, CanonCommit, CanonFile, CanonTree, IgnoreFile
from auditor.model.facts.dotenv import EnvKey
from auditor.model.facts.earlier import Earlier
from auditor.model.facts.git_config import Origin, Remote, RemoteAddress, RemoteUrl
from auditor.model.facts.gitea import ActivityFeed, MainBranch
from auditor.model.facts.gitea import Gitea as GiteaFacts
from auditor.model.facts.gitea_history import Commit, History
from auditor.model.facts.local import Head
from auditor.model.facts.nas import Answer, Current, Link, NasEnvFile, NasSlot, Release, ReleaseFile, SmokeResult
from auditor.model.facts.nas import Nas as NasFacts
from auditor.model.facts.nas_docker import BuildArgument, Container, Image, PublishedPort
from auditor.model.facts.nas_git import GitDirectory, ReflogEntry
from auditor.model.facts.nas_proxy import ProxyRule, ProxySource, ReverseProxy
from auditor.model.facts.snapshot import Snapshot, SourceRun
from auditor.model.findings import Finding
from auditor.model.missing import MISSING, Missing
from auditor.pipeline.evaluation import Bench, Terms, evaluate, prepare

NOW = "2026-02-01T12:00:00Z"
# those that speak of the NAS: the search of content has facts and tests of its own
RULES = (
    "nas-*",
    "proposer-*",
    *("secrets-none-on-nas", "secrets-none-in-images", "secrets-none-in-remotes", "secrets-env-files-private"),
    "secrets-ci-variables-clean",
)
MAIN, OLD = "a" * 40, "b" * 40
NEW_RELEASE, OLD_RELEASE = "20260201-120000", "20260101-120000"
MAIN_FILES = {".gitignore": "dist/\n.env\n.env.*\n*.log\n", ".dockerignore": ".env\ndist\n*.log\n", "src/a.md": "new"}
OLD_FILES = {**MAIN_FILES, "src/a.md": "old"}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def canon_tree(name: str, files: dict[str, str]) -> CanonTree:
    ignores = [path for path in files if path.rsplit("/", 1)[-1] in (".gitignore", ".dockerignore")]
    return CanonTree(
        id=name,
        files=tuple(
            CanonFile(
                path=path,
                kind="file",
                blob=hashlib.sha1(text.encode()).hexdigest(),
                executable=False,
                sha256=sha(text),
                other_eol_sha256=sha(text.replace("\n", "\r\n")) if "\n" in text else None,
                size=len(text),
            )
            for path, text in sorted(files.items())
        ),
        ignore_files=tuple(
            IgnoreFile(path=path, folder=path[: path.rfind("/") + 1], lines=tuple(files[path].splitlines()))
            for path in sorted(ignores)
        ),
    )


def release_files(files: dict[str, str], *, modified_at: str = "2026-01-31T10:00:00Z") -> tuple[ReleaseFile, ...]:
    return tuple(
        ReleaseFile(
            path=path,
            kind="file",
            sha256=sha(text),
            size=len(text),
            executable=False,
            mode="0644",
            modified_at=modified_at,
        )
        for path, text in sorted(files.items())
    )


def address(direction: str, line: int) -> RemoteAddress:
    url = RemoteUrl(
        form="https",
        text="https://git.example.net/Acme/site.git",
        scheme="https",
        host="git.example.net",
        port=None,
        path="/Acme/site.git",
        owner="Acme",
        repository="site",
        user_present=False,
        credential_kind=None,
    )
    origin = Origin(level="local", file="config", line=line)
    return RemoteAddress(direction=direction, url=url, rewritten=False, origin=origin)  # type: ignore[arg-type]


def git_directory(release: str, commit: str, moved_at: str) -> GitDirectory:
    return GitDirectory(
        path=f"releases/{release}/app/.git",
        kind="folder",
        object_format="sha1",
        ref_format="files",
        head=Head(kind="branch", branch="main", commit=commit),
        refs=(),
        main=commit,
        remote_main=commit,
        fetch=None,
        last_reflog=ReflogEntry(before=None, after=commit, at=moved_at, message="reset: moving to origin/main"),
        operations=(),
        locked=False,
        shallow=False,
        remotes=(Remote(name="origin", addresses=(address("fetch", 7),)),),
        credentials=(),
        tls_switches=(),
        disguises=(),
        index_version=2,
    )


def release(name: str, commit: str, files: dict[str, str], *, active: bool) -> Release:
    return Release(
        name=name,
        path=f"releases/{name}/app",
        active=active,
        kind="folder",
        modified_at="2026-01-31T10:00:00Z",
        git=git_directory(name, commit, "2026-01-31T10:00:00Z"),
        files=release_files(files),
        pruned=(),
    )


def image(slot: str, commit: str) -> Image:
    return Image(
        id=f"sha256:{slot}-{commit[:6]}",
        tags=(f"site:{slot}",),
        created_at="2026-01-31T10:05:00Z",
        commit=commit,
        source=None,
        working_dir="/app",
        code="/usr/share/nginx/html",
        labels=(),
        env=(),
        arguments=(
            BuildArgument(name="PUBLIC_GITEA_OWNER", has_value=True, looks_secret=False, value="Acme", commit=None),
        ),
        secrets=(),
    )


def container(slot: str, port: int, commit: str) -> Container:
    built = image(slot, commit)
    return Container(
        id=slot * 10,
        name=f"web_{slot}",
        found_by="name",
        image_id=built.id,
        image_reference=f"site:{slot}",
        tag_image_id=built.id,
        created_at="2026-01-31T10:06:00Z",
        started_at="2026-01-31T10:06:00Z",
        status="running",
        exit_code=0,
        out_of_memory=False,
        health="healthy",
        restart_count=0,
        restart_policy="always",
        network_mode="site_default",
        ports=(PublishedPort(container_port="80/tcp", host_ip="127.0.0.1", host_port=port),),
        mounts=(),
        labels=(),
        project="site",
        service=f"web_{slot}",
        working_dir=None,
        config_hash=None,
        env=(EnvKey(name="PUBLIC_GITEA_OWNER", has_value=True, looks_secret=False, value="Acme"),),
        secrets=(),
        changes=(),
        stamp=None,
        image=built,
    )


def answer(text: str) -> Answer:
    return Answer(
        path="/",
        depth=0,
        status=200,
        content_type="text/html",
        location=None,
        etag=None,
        last_modified=None,
        size=len(text),
        sha256=sha(text),
        complete=True,
    )


def slot(name: str, port: int, commit: str, *, saw_visit: bool, page: str) -> NasSlot:
    check = SmokeResult(path="/", expected_status=200, status=200, contains=None, contained=None, passed=True)
    return NasSlot(
        name=name,
        port=port,
        container=container(name, port, commit),
        port_holders=(),
        saw_visit=saw_visit,
        answers=(answer(page),),
        smoke=(check,),
        answering=True,
    )


def proxy_rule(scheme: str, port: int, backend: int, source: str = "ReverseProxy.json") -> ProxyRule:
    return ProxyRule(
        source=source,
        id=f"{scheme}-{port}",
        description="site",
        scheme=scheme,  # type: ignore[arg-type]
        host="www.example.net",
        port=port,
        backend_scheme="http",
        backend_host="localhost",
        backend_port=backend,
    )


def canon_commit(commit: str, tree: str, roles: tuple[str, ...], **more: Any) -> CanonCommit:
    usual = {
        "committed_at": "2026-01-31T09:00:00Z",
        "subject": "A change",
        "parents": (),
        "on_main": True,
        "on_first_parents": True,
        "behind": 0,
        "left_at": None,
        "changed_since": (),
        "steps": (),
    }
    return CanonCommit(commit=commit, roles=roles, known=True, tree=tree, **{**usual, **more})


def history_commit(commit: str, committed_at: str) -> Commit:
    return Commit(
        sha=commit,
        parents=(),
        tree="t",
        committed_at=committed_at,
        authored_at=committed_at,
        author="A",
        subject="A change",
        message_sha256=sha("A change"),
    )


def canon_facts() -> Canon:
    return Canon(
        available=True,
        observed_at=NOW,
        main=MAIN,
        commits=(
            canon_commit(MAIN, "tree-main", ("main", "deployed", f"release:{NEW_RELEASE}")),
            canon_commit(
                OLD, "tree-old", (f"release:{OLD_RELEASE}",), behind=1, left_at="2026-01-31T09:00:00Z",
                changed_since=("src/a.md",),
            ),
        ),
        trees=(canon_tree("tree-main", MAIN_FILES), canon_tree("tree-old", OLD_FILES)),
        nearest=(),
    )  # fmt: skip


def gitea_facts() -> GiteaFacts:
    tip = history_commit(MAIN, "2026-01-31T09:00:00Z")
    line = (tip, history_commit(OLD, "2026-01-01T09:00:00Z"))
    return GiteaFacts(
        available=True,
        observed_at=NOW,
        main=MainBranch(name="main", commit=MAIN),
        branches=(),
        pulls=(),
        activity=ActivityFeed(complete=True, rows=()),
        history=History(fetched_at=NOW, tip=tip, baseline=None, baseline_on_line=True, commit_count=2, commits=line),
        pull_heads=(),
        pull_commits=(),
        earlier_tips=(),
    )


def nas_facts() -> NasFacts:
    return NasFacts(
        available=True,
        observed_at=NOW,
        access="probe",
        clock_offset_seconds=0.0,
        root="/volume2/site",
        current=Current(
            kind="link",
            links=(Link(path="current", target=f"releases/{NEW_RELEASE}/app"),),
            resolved=f"releases/{NEW_RELEASE}/app",
            release=NEW_RELEASE,
            unchanged=True,
        ),
        releases=(
            release(NEW_RELEASE, MAIN, MAIN_FILES, active=True),
            release(OLD_RELEASE, OLD, OLD_FILES, active=False),
        ),
        env_files=(
            NasEnvFile(
                path=".env",
                release=None,
                kind="file",
                mode="0600",
                readable_by_group=False,
                readable_by_others=False,
                modified_at="2026-01-31T10:00:00Z",
                keys=(EnvKey(name="PUBLIC_GITEA_OWNER", has_value=True, looks_secret=False, value="Acme"),),
            ),
        ),
        compose_files=(),
        dockerfiles=(),
        docker_ignores=(),
        proxy=ReverseProxy(
            kind="dsm",
            sources=(ProxySource(name="ReverseProxy.json", state="read", rule_count=2),),
            rules=(proxy_rule("https", 443, 8081), proxy_rule("http", 80, 8081)),
        ),
        slots=(
            slot("blue", 8081, MAIN, saw_visit=True, page="new page"),
            slot("green", 8082, OLD, saw_visit=False, page="old page"),
        ),
        public=answer("new page"),
    )


def snapshot() -> Snapshot:
    return Snapshot(
        schema_version=1,
        tool_version="0",
        id="0",
        site_id="site",
        mode="audit",
        started_at=NOW,
        finished_at=NOW,
        sources=(
            *(SourceRun(name=name, status="ok") for name in ("gitea", "nas")),
            SourceRun(name="site", status="left-out"),
        ),
        gitea=gitea_facts(),
        nas=nas_facts(),
        canon=canon_facts(),
        earlier=Earlier(run=None),
    )


def put(value: Any, path: str, new: Any) -> Any:
    """`value` with what lies at `path` (members and indexes, joined by `/`) replaced; `new` may be a function of it."""
    name, _, rest = path.partition("/")
    old = value[int(name)] if isinstance(value, tuple) else getattr(value, name)
    made = put(old, rest, new) if rest else new(old) if callable(new) else new
    if isinstance(value, tuple):
        return (*value[: int(name)], made, *value[int(name) + 1 :])
    return replace(value, **{name: made})


@dataclass(frozen=True)
class World:
    """The facts and the policy file; every method gives a changed copy."""

    snapshot: Snapshot
    config: Config
    bench: Bench = field(repr=False)

    def put(self, path: str, new: Any) -> "World":
        return replace(self, snapshot=put(self.snapshot, path, new))

    def configured(self, path: str, new: Any) -> "World":
        return replace(self, config=put(self.config, path, new))

    def derive(self, derivation: Callable[[Snapshot, Config], Any]) -> Any:
        return derivation(self.snapshot, self.config)

    def findings(self, *rules: str) -> list[Finding]:
        bench = replace(self.bench, config=self.config)
        report = evaluate(self.snapshot, bench, Terms(rules=rules or RULES))
        return list(report.findings)

    def outcomes(self, *rules: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for finding in self.findings(*rules):
            found.setdefault(finding.rule_id, set()).add(finding.outcome.value)
        return found

    def failing(self) -> set[str]:
        return {rule for rule, outcomes in self.outcomes().items() if "fail" in outcomes}

    def unknown(self) -> set[str]:
        return {rule for rule, outcomes in self.outcomes().items() if "unknown" in outcomes}


CONFIG = Config(
    id="site",
    gitea=Gitea(base="https://git.example.net", owner="Acme", repo="site"),
    nas=Nas(
        root="/volume2/site",
        slots=(
            Slot(name="blue", port=8081, container="web_blue"),
            Slot(name="green", port=8082, container="web_green"),
        ),
        ssh="auditor@nas.lan:22",
    ),
    site=Site(url="https://www.example.net/"),
)


@pytest.fixture(scope="session")
def standard_bench() -> Bench:
    return prepare(load_standard(CONFIG), None)


@pytest.fixture
def world(standard_bench: Bench) -> World:
    """A site where everything is right: blue is active and of main's tip, green of the commit before."""
    return World(snapshot(), CONFIG, standard_bench)


def missing_places(value: Any, path: str = "") -> list[str]:
    """Every place in the facts that may be MISSING and is not."""
    found: list[str] = []
    if isinstance(value, tuple):
        for index, one in enumerate(value):
            found += missing_places(one, f"{path}/{index}")
    elif is_dataclass(value):
        hints = get_type_hints(type(value))
        for one in fields(value):
            here, content = f"{path}/{one.name}", getattr(value, one.name)
            if content is not MISSING and Missing in getattr(hints[one.name], "__args__", ()):
                found.append(here.lstrip("/"))
            found += missing_places(content, here)
    return found


class Kit:
    """What tests build facts with."""

    MAIN, OLD, NOW = MAIN, OLD, NOW
    sha = staticmethod(sha)
    release_files = staticmethod(release_files)
    canon_tree = staticmethod(canon_tree)
    canon_commit = staticmethod(canon_commit)
    history_commit = staticmethod(history_commit)
    proxy_rule = staticmethod(proxy_rule)
    answer = staticmethod(answer)
    missing_places = staticmethod(missing_places)

    @property
    def main_files(self) -> dict[str, str]:
        return dict(MAIN_FILES)

    @property
    def old_files(self) -> dict[str, str]:
        return dict(OLD_FILES)


@pytest.fixture
def kit() -> Kit:
    return Kit()
