"""What rules see of the policy file under `config` and `limits`: no secret, nor the place that holds one."""

from auditor.frozen import frozen


@frozen
class LocalSection:
    """The developer's clone; `path` is relative to the policy file where it lies below it."""

    path: str
    remote: str


@frozen
class AllowSection:
    """What is allowed by name although the standard policy forbids it."""

    push: tuple[str, ...] = ()
    force_push: tuple[str, ...] = ()
    bypass: tuple[str, ...] = ()
    unprotected_patterns: tuple[str, ...] = ()
    writable_deploy_keys: tuple[str, ...] = ()
    ci_accounts: tuple[str, ...] = ()
    login_hosts: tuple[str, ...] = ()


@frozen
class GiteaSection:
    """The server and its repository; `token_given` says that the file names a token."""

    base: str
    owner: str
    repo: str
    branch: str
    api: str | None = None
    hosts: tuple[str, ...] = ()
    token_given: bool = False
    baseline: str | None = None
    checks: tuple[str, ...] = ()
    git: str | None = None
    owner_rights: bool = False
    branch_names: tuple[str, ...] = ()
    allow: AllowSection = AllowSection()


@frozen
class SlotSection:
    """One of the containers that take turns."""

    name: str
    port: int
    container: str | None = None
    code: str | None = None


@frozen
class ProxySection:
    """What stands before the slots: `dsm`, `nginx` or `none`."""

    kind: str
    files: tuple[str, ...] = ()


@frozen
class SmokeSection:
    """A request to a slot and what it must answer."""

    path: str
    status: int
    contains: str | None = None


@frozen
class StampSection:
    """A JSON file in the container and the key in it that names the commit."""

    path: str
    field: str


@frozen
class NasSection:
    """The production machine."""

    root: str
    slots: tuple[SlotSection, ...]
    access: str
    proxy: ProxySection
    docker: str
    ssh: str | None = None
    not_compared: tuple[str, ...] = ()
    not_deployed: tuple[str, ...] = ()
    copied_verbatim: tuple[str, ...] = ()
    smoke: tuple[SmokeSection, ...] = ()
    commit_label: str = ""
    build_stamp: StampSection | None = None


@frozen
class VariablesSection:
    """The names of the public variables of which the site builds its links."""

    base: str
    owner: str
    repo: str


@frozen
class SiteSection:
    """The public website."""

    url: str
    pages: tuple[str, ...]
    variables: VariablesSection
    flow: tuple[str, ...] = ()
    browser: str = "auto"


@frozen
class ConnectionSection:
    """Where requests for `source` really go; both are `host:port`."""

    source: str
    target: str


@frozen
class SecretsSection:
    """How secrets are searched for; `patterns` are the ids of the extra ones."""

    own_values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    allow_paths: tuple[str, ...] = ()
    verify: bool = False


@frozen
class RollbackSection:
    """A declared rollback, valid before `until`."""

    to: str
    until: str
    reason: str


@frozen
class WaiverSection:
    """A waiver as the file writes it; `expires_at` is the first moment (UTC) at which it no longer holds."""

    rule: str
    owner: str
    reason: str
    expires: str
    expires_at: str
    subject: str | None = None
    subjects: tuple[str, ...] = ()
    content: str | None = None


@frozen
class ConfigFacts:
    """The root `config`; a section that the file lacks is null."""

    id: str
    trusted: bool
    local: LocalSection | None = None
    gitea: GiteaSection | None = None
    nas: NasSection | None = None
    site: SiteSection | None = None
    connect: tuple[ConnectionSection, ...] = ()
    secrets: SecretsSection = SecretsSection()
    rollback: RollbackSection | None = None
    waivers: tuple[WaiverSection, ...] = ()


@frozen
class LimitsFacts:
    """The root `limits`; each is the text of a CEL duration (`86400s`), but `unknown_nights`."""

    max_lag: str
    hotfix_grace: str
    hotfix_max_age: str
    ci_grace: str
    deploy_window: str
    unpublished_work: str
    facts_max_age: str
    every: str
    unknown_nights: int
    wake: str
    gate_budget: str
