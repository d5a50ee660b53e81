"""The protection rules of a Gitea repository, field by field, as the server lists them."""

from auditor.frozen import frozen
from auditor.model.missing import MISSING, Missing


@frozen
class BranchProtection:
    """A rule. A field that the server's version doesn't have is MISSING; a gap names it only where it is malformed.

    `rule_name` is a plain name (which Gitea compares without case) or a glob (`*` doesn't cross a `/`). Of several
    rules that match, the lowest `priority` applies, then plain names before globs, then the oldest `created_at`.
    File patterns are globs. `block_admin_merge_override` (Gitea from 1.23) and `apply_to_admins` (Forgejo) bind admins.
    """

    rule_name: str
    priority: int | Missing = MISSING
    created_at: str | Missing = MISSING
    updated_at: str | Missing = MISSING

    enable_push: bool | Missing = MISSING
    enable_push_whitelist: bool | Missing = MISSING
    push_whitelist_usernames: tuple[str, ...] | Missing = MISSING
    push_whitelist_teams: tuple[str, ...] | Missing = MISSING
    push_whitelist_deploy_keys: bool | Missing = MISSING

    enable_force_push: bool | Missing = MISSING
    enable_force_push_allowlist: bool | Missing = MISSING
    force_push_allowlist_usernames: tuple[str, ...] | Missing = MISSING
    force_push_allowlist_teams: tuple[str, ...] | Missing = MISSING
    force_push_allowlist_deploy_keys: bool | Missing = MISSING

    enable_merge_whitelist: bool | Missing = MISSING
    merge_whitelist_usernames: tuple[str, ...] | Missing = MISSING
    merge_whitelist_teams: tuple[str, ...] | Missing = MISSING

    enable_bypass_allowlist: bool | Missing = MISSING
    bypass_allowlist_usernames: tuple[str, ...] | Missing = MISSING
    bypass_allowlist_teams: tuple[str, ...] | Missing = MISSING

    enable_status_check: bool | Missing = MISSING
    status_check_contexts: tuple[str, ...] | Missing = MISSING

    required_approvals: int | Missing = MISSING
    enable_approvals_whitelist: bool | Missing = MISSING
    approvals_whitelist_usernames: tuple[str, ...] | Missing = MISSING
    approvals_whitelist_teams: tuple[str, ...] | Missing = MISSING
    dismiss_stale_approvals: bool | Missing = MISSING
    ignore_stale_approvals: bool | Missing = MISSING

    block_on_rejected_reviews: bool | Missing = MISSING
    block_on_official_review_requests: bool | Missing = MISSING
    block_on_outdated_branch: bool | Missing = MISSING
    block_admin_merge_override: bool | Missing = MISSING
    apply_to_admins: bool | Missing = MISSING

    require_signed_commits: bool | Missing = MISSING
    protected_file_patterns: tuple[str, ...] | Missing = MISSING
    unprotected_file_patterns: tuple[str, ...] | Missing = MISSING
