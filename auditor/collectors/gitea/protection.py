"""The protection rules and the deploy keys, which only an admin of the repository may see."""

from auditor.collectors.gitea.api import Api
from auditor.collectors.gitea.gap import GapList
from auditor.collectors.gitea.record import Record
from auditor.collectors.gitea.refusal import ADMIN
from auditor.collectors.gitea.value import Kind, MalformedError, count, flag, moment, name, names, patterns, title
from auditor.model.facts.gitea import DeployKey
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.missing import Missing

_FLAGS = (
    *("enable_push", "enable_push_whitelist", "push_whitelist_deploy_keys", "enable_force_push"),
    *("enable_force_push_allowlist", "force_push_allowlist_deploy_keys", "enable_merge_whitelist"),
    *("enable_bypass_allowlist", "enable_status_check", "enable_approvals_whitelist", "dismiss_stale_approvals"),
    *("ignore_stale_approvals", "block_on_rejected_reviews", "block_on_official_review_requests"),
    *("block_on_outdated_branch", "block_admin_merge_override", "apply_to_admins", "require_signed_commits"),
)
_NAMES = (
    *("push_whitelist_usernames", "push_whitelist_teams", "force_push_allowlist_usernames"),
    *("force_push_allowlist_teams", "merge_whitelist_usernames", "merge_whitelist_teams"),
    *("bypass_allowlist_usernames", "bypass_allowlist_teams", "status_check_contexts", "approvals_whitelist_teams"),
)


def observe_protections(api: Api, gaps: GapList) -> tuple[BranchProtection, ...] | Missing:
    """All rules; the list has no pages."""

    def ask() -> tuple[BranchProtection, ...]:
        rules = api.value("R/branch_protections", ADMIN)
        if not isinstance(rules, list):
            raise MalformedError("the rules are no list")
        return tuple(_rule(Record(rule, f"protections/{at}", gaps)) for at, rule in enumerate(rules))

    return gaps.attempt("protections", ask)


def observe_deploy_keys(api: Api, gaps: GapList) -> tuple[DeployKey, ...] | Missing:
    """All deploy keys, without the keys themselves."""

    def ask() -> tuple[DeployKey, ...]:
        keys = api.items("R/keys", ADMIN)
        return tuple(_key(Record(key, f"deploy_keys/{at}", gaps)) for at, key in enumerate(keys))

    return gaps.attempt("deploy_keys", ask)


def _rule(record: Record) -> BranchProtection:
    # up to 1.18 a rule was named by its branch
    old = record.maybe("rule_name", name, "branch_name")
    new = record.maybe("rule_name", name)
    rule_name = new if isinstance(new, str) and new else old
    if not isinstance(rule_name, str) or not rule_name:
        raise MalformedError("a rule has no name")
    fields: dict[str, Kind[object]] = {
        **dict.fromkeys(_FLAGS, flag),
        **dict.fromkeys(_NAMES, names),
        "priority": count,
        "required_approvals": count,
        "created_at": moment,
        "updated_at": moment,
        "protected_file_patterns": patterns,
        "unprotected_file_patterns": patterns,
    }
    read: dict[str, object] = {field: record.maybe(field, kind) for field, kind in fields.items()}
    # the one list whose name is in the singular
    read["approvals_whitelist_usernames"] = record.maybe(
        "approvals_whitelist_usernames", names, "approvals_whitelist_username"
    )
    return BranchProtection(rule_name=rule_name, **read)  # type: ignore[arg-type]  # each kind is that of its field


def _key(record: Record) -> DeployKey:
    return DeployKey(
        id=record.need("id", count),
        title=record.get("title", title),
        read_only=record.get("read_only", flag),
        fingerprint=record.get("fingerprint", name),
        created_at=record.get("created_at", moment),
    )
