"""From the Config to what rules see of it under `config` and `limits`: no secret, no name of a secret's place."""

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

from auditor.config import Config, Gitea, Limits, Local, Nas, Secrets, Site
from auditor.config.path import shown_path
from auditor.model.facts.config import (
    AllowSection,
    ConfigFacts,
    ConnectionSection,
    GiteaSection,
    LimitsFacts,
    LocalSection,
    NasSection,
    ProxySection,
    RollbackSection,
    SecretsSection,
    SiteSection,
    SlotSection,
    SmokeSection,
    StampSection,
    VariablesSection,
    WaiverSection,
)

T = TypeVar("T")


def config_facts(config: Config) -> ConfigFacts:
    """The root `config`; paths are written so that two machines give the same text where they can."""
    folder = config.file.parent if config.file else None
    return ConfigFacts(
        id=config.id,
        trusted=config.trusted,
        local=_local(config.local, folder) if config.local else None,
        gitea=_gitea(config.gitea) if config.gitea else None,
        nas=_nas(config.nas) if config.nas else None,
        site=_site(config.site) if config.site else None,
        connect=tuple(_like(ConnectionSection, entry) for entry in config.connect),
        secrets=_secrets(config.secrets),
        rollback=_like(RollbackSection, config.rollback) if config.rollback else None,
        waivers=tuple(_like(WaiverSection, waiver) for waiver in config.waivers),
    )


def limits_facts(config: Config) -> LimitsFacts:
    """The root `limits`: CEL's duration texts."""
    texts = {field.name: _duration(getattr(config.limits, field.name)) for field in fields(Limits)}
    del texts["unknown_nights"]
    return LimitsFacts(unknown_nights=config.limits.unknown_nights, **texts)


def _duration(seconds: float) -> str:
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def _local(local: Local, folder: Path | None) -> LocalSection:
    return LocalSection(path=shown_path(local.path, folder), remote=local.remote)


def _like(cls: type[T], value: object) -> T:
    """A `cls` with the values of the fields of the same names."""
    return cls(**{field.name: getattr(value, field.name) for field in fields(cast("Any", cls))})


def _gitea(gitea: Gitea) -> GiteaSection:
    same = ("base", "owner", "repo", "branch", "api", "hosts", "baseline", "checks", "owner_rights", "branch_names")
    # a path on this machine says nothing to a rule, and differs on the next
    git = gitea.git if gitea.git and "://" in gitea.git else None
    return GiteaSection(
        **{name: getattr(gitea, name) for name in same},
        git=git,
        token_given=gitea.token is not None,
        allow=_like(AllowSection, gitea.allow),
    )


def _nas(nas: Nas) -> NasSection:
    same = ("root", "access", "docker", "ssh", "not_compared", "not_deployed", "copied_verbatim", "commit_label")
    return NasSection(
        **{name: getattr(nas, name) for name in same},
        slots=tuple(_like(SlotSection, slot) for slot in nas.slots),
        proxy=_like(ProxySection, nas.proxy),
        smoke=tuple(_like(SmokeSection, check) for check in nas.smoke),
        build_stamp=_like(StampSection, nas.build_stamp) if nas.build_stamp else None,
    )


def _site(site: Site) -> SiteSection:
    variables = _like(VariablesSection, site.variables)
    return SiteSection(url=site.url, pages=site.pages, variables=variables, flow=site.flow, browser=site.browser)


def _secrets(secrets: Secrets) -> SecretsSection:
    return SecretsSection(
        own_values=secrets.own_values,
        patterns=tuple(pattern.id for pattern in secrets.patterns),
        allow_paths=secrets.allow_paths,
        verify=secrets.verify,
    )
