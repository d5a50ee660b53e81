"""From a policy file's valid data to the frozen Config; it checks nothing that the schema and `check` have checked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor.config import (
    Allow,
    AppriseNotice,
    BuildStamp,
    Config,
    Connection,
    Gitea,
    HeartbeatNotice,
    History,
    Limits,
    Local,
    MailNotice,
    Nas,
    Notice,
    Pattern,
    Proxy,
    Publish,
    Rollback,
    Secrets,
    Site,
    Slot,
    SmokeCheck,
    SshKey,
    Variables,
    WebhookNotice,
)
from auditor.config.path import local_path
from auditor.config.secret import SecretRef
from auditor.document import Document
from auditor.model.rules import Place, Waiver
from auditor.notation import duration_seconds, end_of, moment, utc_text

Data = dict[str, Any]


def build_config(site: Document, file: Path, extended: tuple[Document, ...]) -> Config:
    """The Config of a site's valid file; limits and waivers of the files that it extends come first.

    The standard policy is none of them: it holds rules alone.
    """
    folder = file.absolute().parent
    data = _plain(site.data)
    return Config(
        id=data.get("id", ""),
        file=file.absolute(),
        local=_section(data, "local", lambda part: _local(part, folder)),
        gitea=_section(data, "gitea", lambda part: _gitea(part, folder)),
        nas=_section(data, "nas", lambda part: _nas(part, folder)),
        site=_section(data, "site", lambda part: _site(part, folder)),
        connect=tuple(Connection(source=name, target=to) for name, to in data.get("connect", {}).items()),
        secrets=_secrets(data.get("secrets", {}), folder),
        limits=_limits([document.data.get("limits", {}) for document in (*extended, site)]),
        rollback=_section(data, "rollback", _rollback),
        waivers=tuple(waiver for document in (*extended, site) for waiver in _waivers(document)),
        history=_section(data, "history", lambda part: History(path=local_path(part["path"], folder))),
        notify=tuple(_notice(part, index, folder) for index, part in enumerate(data.get("notify", ()))),
        publish=_section(data, "publish", lambda part: _publish(part, folder)),
    )


def _plain(data: Any) -> Any:
    """The data without the free keys, and with tuples for lists."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items() if not key.startswith("x-")}
    return tuple(_plain(item) for item in data) if isinstance(data, list) else data


def _section(data: Data, name: str, build: Callable[[Data], Any]) -> Any:
    return build(data[name]) if name in data else None


def _local(data: Data, folder: Path) -> Local:
    return Local(**{**data, "path": local_path(data.get("path", "."), folder)})


def _gitea(data: Data, folder: Path) -> Gitea:
    values = {**data, "base": data["base"].rstrip("/")}
    if "api" in data:
        values["api"] = data["api"].rstrip("/")
    if "git" in data and "://" not in data["git"]:
        values["git"] = str(local_path(data["git"], folder))
    if "allow" in data:
        values["allow"] = Allow(**data["allow"])
    return Gitea(**_with_files(values, folder, "gitea"))


def _nas(data: Data, folder: Path) -> Nas:
    values = {**data, "slots": tuple(Slot(**slot) for slot in data["slots"])}
    if "proxy" in data:
        values["proxy"] = Proxy(**data["proxy"])
    if "smoke" in data:
        values["smoke"] = tuple(SmokeCheck(**check) for check in data["smoke"])
    if "build_stamp" in data:
        values["build_stamp"] = BuildStamp(**data["build_stamp"])
    if "known_hosts" in data:
        values["known_hosts"] = local_path(data["known_hosts"], folder)
    if data.get("access") == "outside":
        return Nas(**values | {"key": None})
    key = data.get("key", {"agent": True})
    file = local_path(key["file"], folder) if "file" in key else None
    return Nas(**values | {"key": SshKey(file=file, agent=file is None)})


def _site(data: Data, folder: Path) -> Site:
    values = dict(data)
    if "variables" in data:
        values["variables"] = Variables(**data["variables"])
    return Site(**_with_files(values, folder, "site"))


def _secrets(data: Data, folder: Path) -> Secrets:
    values = dict(data)
    if "patterns" in data:
        values["patterns"] = tuple(Pattern(**pattern) for pattern in data["patterns"])
    return Secrets(**_with_files(values, folder, "secrets"))


def _limits(parts: list[Data]) -> Limits:
    merged: Data = {}
    for part in parts:
        merged |= _plain(part)
    return Limits(
        **{key: duration_seconds(value) if isinstance(value, str) else value for key, value in merged.items()}
    )


def _rollback(data: Data) -> Rollback:
    return Rollback(**{**data, "until": utc_text(moment(data["until"]))})


def _waivers(document: Document) -> list[Waiver]:
    waivers = []
    for index, data in enumerate(_plain(document.data.get("waivers", []))):
        place = Place(
            file=document.name, **dict(zip(("line", "column"), document.place(("waivers", index)), strict=True))
        )
        waivers.append(Waiver(**data, expires_at=utc_text(end_of(data["expires"])), place=place))
    return waivers


def _notice(data: Data, index: int, folder: Path) -> Notice:
    values = _with_files(data, folder, f"notify[{index}]")
    if "webhook" in data:
        return WebhookNotice(**values)
    if "apprise" in data:
        return AppriseNotice(**values)
    if "heartbeat" in data:
        return HeartbeatNotice(heartbeat=values["heartbeat"])
    return MailNotice(sender=values.pop("from"), **values)


def _publish(data: Data, folder: Path) -> Publish:
    return Publish(**_with_files(data, folder, "publish"))


_SECRET_KEYS = ("token", "key", "webhook", "secret", "password", "apprise", "heartbeat")


def _with_files(data: Data, folder: Path, section: str) -> Data:
    """`data` with references in place of what names a secret, and absolute paths."""
    values = dict(data)
    for key in _SECRET_KEYS:
        if isinstance(data.get(key), dict):
            file = data[key].get("file")
            path = local_path(file, folder) if file is not None else None
            values[key] = SecretRef(env=data[key].get("env"), file=path, name=f"{section}.{key}")
    if "ca" in data:
        values["ca"] = local_path(data["ca"], folder)
    return values
