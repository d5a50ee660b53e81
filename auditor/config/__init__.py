"""What the policy file says of the site, as frozen dataclasses; it reads nothing and resolves no secret.

Absent sections are None. Fields are named like the file's keys; durations are
seconds, paths are absolute, secrets are references.
"""

from dataclasses import field
from pathlib import Path

from auditor.config.secret import SecretRef
from auditor.frozen import frozen
from auditor.model.rules import Waiver

EVENTS = ("new", "worse", "fixed", "unknown", "waiver", "missed")


@frozen
class Local:
    """The developer's clone; `branch` is None where it is Gitea's."""

    path: Path
    remote: str = "origin"
    branch: str | None = None


@frozen
class Allow:
    """What is allowed although the standard policy forbids it, by name."""

    push: tuple[str, ...] = ()
    force_push: tuple[str, ...] = ()
    bypass: tuple[str, ...] = ()
    unprotected_patterns: tuple[str, ...] = ()
    writable_deploy_keys: tuple[str, ...] = ()
    ci_accounts: tuple[str, ...] = ()
    login_hosts: tuple[str, ...] = ()


@frozen
class Gitea:
    """The server and its repository; addresses have no slash at their end.

    `api` is where the auditor asks; None: `base`. `git` is a URL or an absolute path;
    None: `/OWNER/REPO.git` there. With `pin`, `ca` counts for nothing. Without `checks` the protection's count.
    """

    base: str
    owner: str
    repo: str
    branch: str = "main"
    api: str | None = None
    hosts: tuple[str, ...] = ()
    pin: str | None = None
    token: SecretRef | None = None
    ca: Path | None = None
    baseline: str | None = None
    checks: tuple[str, ...] = ()
    git: str | None = None
    owner_rights: bool = False
    branch_names: tuple[str, ...] = ()
    allow: Allow = Allow()

    @property
    def address(self) -> str:
        """Where the API and the git objects are asked: `api`, else `base`."""
        return self.api or self.base

    @property
    def git_address(self) -> str:
        """The URL or path of the git objects."""
        return self.git or f"{self.address}/{self.owner}/{self.repo}.git"


@frozen
class SshKey:
    """The key that opens the NAS: a file, or whatever the running agent holds."""

    file: Path | None = None
    agent: bool = False


@frozen
class Slot:
    """One of the containers that take turns; `code` is its folder of the site, None where the image names it."""

    name: str
    port: int
    container: str | None = None
    code: str | None = None


@frozen
class Proxy:
    """What stands before the slots: `dsm`, `nginx` with its files on the NAS, or `none`."""

    kind: str = "dsm"
    files: tuple[str, ...] = ()


@frozen
class SmokeCheck:
    """A request to a slot's loopback port and what it must answer."""

    path: str = "/"
    status: int = 200
    contains: str | None = None


@frozen
class BuildStamp:
    """A JSON file in the container and the key in it that names the commit."""

    path: str
    field: str = "commit"


@frozen
class Nas:
    """The production machine; `ssh`, `key`, the host key are None with `access: outside` or no credentials."""

    root: str
    slots: tuple[Slot, ...]
    ssh: str | None = None
    key: SshKey | None = None
    host_key: str | None = None
    known_hosts: Path | None = None
    access: str = "probe"
    proxy: Proxy = Proxy()
    docker: str = "auto"
    not_compared: tuple[str, ...] = ("node_modules", ".astro")
    not_deployed: tuple[str, ...] = ()
    copied_verbatim: tuple[str, ...] = ("public",)
    smoke: tuple[SmokeCheck, ...] = (SmokeCheck(),)
    commit_label: str = "org.opencontainers.image.revision"
    build_stamp: BuildStamp | None = None


@frozen
class Variables:
    """The names of the public variables of which the site builds its links."""

    base: str = "PUBLIC_GITEA_BASE"
    owner: str = "PUBLIC_GITEA_OWNER"
    repo: str = "PUBLIC_GITEA_REPO"


@frozen
class Site:
    """The public website; `url` keeps its path and slash."""

    url: str
    pages: tuple[str, ...] = ("/",)
    variables: Variables = Variables()
    flow: tuple[str, ...] = ()
    ca: Path | None = None
    pin: str | None = None
    browser: str = "auto"


@frozen
class Connection:
    """Where requests for `source` really go; both are `host:port`."""

    source: str
    target: str


@frozen
class Pattern:
    """An extra kind of secret; `regex` is in RE2 syntax."""

    id: str
    regex: str


@frozen
class Secrets:
    """How secrets are searched for; `key` None: one made in the state folder."""

    key: SecretRef | None = None
    own_values: tuple[str, ...] = ("local:.env", "nas:.env")
    patterns: tuple[Pattern, ...] = ()
    allow_paths: tuple[str, ...] = ()
    verify: bool = False


@frozen
class Limits:
    """Every one in seconds, but `unknown_nights`."""

    max_lag: float = 86_400
    hotfix_grace: float = 72_000
    hotfix_max_age: float = 604_800
    ci_grace: float = 1_800
    deploy_window: float = 3_600
    unpublished_work: float = 604_800
    facts_max_age: float = 93_600
    every: float = 86_400
    unknown_nights: int = 3
    wake: float = 60
    gate_budget: float = 20


@frozen
class Rollback:
    """A declared rollback; it is valid before `until` (RFC 3339, UTC)."""

    to: str
    until: str
    reason: str


@frozen
class History:
    """The folder of the stored runs."""

    path: Path


@frozen
class WebhookNotice:
    """A URL that is posted to; `secret` is the key that signs what is posted."""

    webhook: SecretRef
    secret: SecretRef | None = None
    events: tuple[str, ...] = EVENTS


@frozen
class MailNotice:
    """`sender` is the file's key `from`, which Python reserves."""

    smtp: str
    sender: str
    to: tuple[str, ...]
    user: str | None = None
    password: SecretRef | None = None
    events: tuple[str, ...] = EVENTS


@frozen
class AppriseNotice:
    """A service that Apprise knows, by its URL."""

    apprise: SecretRef
    events: tuple[str, ...] = EVENTS


@frozen
class HeartbeatNotice:
    """Asked on completion, whatever the verdict; `/start` and `/fail` below it likewise."""

    heartbeat: SecretRef


Notice = WebhookNotice | MailNotice | AppriseNotice | HeartbeatNotice


@frozen
class Publish:
    """What is written to Gitea about a result, with a token of its own."""

    token: SecretRef
    issue: bool = False
    comment: bool = False
    status: bool = False


@frozen
class Config:
    """One site; `file` is None where there is no policy file, `trusted` false once credentials were taken out."""

    id: str
    file: Path | None = None
    trusted: bool = True
    local: Local | None = None
    gitea: Gitea | None = None
    nas: Nas | None = None
    site: Site | None = None
    connect: tuple[Connection, ...] = ()
    secrets: Secrets = Secrets()
    limits: Limits = field(default_factory=Limits)
    rollback: Rollback | None = None
    waivers: tuple[Waiver, ...] = ()
    history: History | None = None
    notify: tuple[Notice, ...] = ()
    publish: Publish | None = None
