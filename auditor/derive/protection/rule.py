"""Which protection rule Gitea applies to a branch, and which fields a server's version has at all.

Source: models/git/protected_branch_list.go of Gitea 1.27; reference/gitea.md §4.4.
"""

import re
from collections.abc import Iterable

from auditor.derive.protection.glob import glob_matches, is_plain
from auditor.model.facts.gitea import Server
from auditor.model.facts.gitea_protection import BranchProtection
from auditor.model.missing import MISSING
from auditor.text import parse_time

# the first Gitea whose rules have the field; a field that is not named here every server has that this program knows
_SINCE = {
    "priority": (1, 23),
    "enable_force_push": (1, 23),
    "enable_force_push_allowlist": (1, 23),
    "force_push_allowlist_usernames": (1, 23),
    "force_push_allowlist_teams": (1, 23),
    "force_push_allowlist_deploy_keys": (1, 23),
    "block_admin_merge_override": (1, 23),
    "enable_bypass_allowlist": (1, 27),
    "bypass_allowlist_usernames": (1, 27),
    "bypass_allowlist_teams": (1, 27),
}


def effective_rule(rules: Iterable[BranchProtection], branch: str) -> BranchProtection | None:
    """The rule that decides for `branch`: lowest priority, then plain names before globs, then the oldest."""
    matching = [rule for rule in rules if applies(rule.rule_name, branch)]
    return min(matching, key=_order) if matching else None


def applies(name: str, branch: str) -> bool:
    """Whether a rule of this name concerns `branch`: a plain name in any case, a glob whose `*` stops at a `/`."""
    return name.lower() == branch.lower() if is_plain(name) else glob_matches(name, branch, "/")


def _order(rule: BranchProtection) -> tuple[int, bool, float]:
    priority = 0 if rule.priority is MISSING else rule.priority
    age = 0.0 if rule.created_at is MISSING else parse_time(rule.created_at).timestamp()
    return priority, not is_plain(rule.rule_name), age


def version_of(server: Server) -> tuple[int, int] | None:
    """Major and minor version of a Gitea; None for another product or one that isn't known."""
    if server.version is MISSING or server.product != "gitea":
        return None
    match = re.match(r"v?(\d{1,4})\.(\d{1,4})(?!\d)", server.version)
    return (int(match[1]), int(match[2])) if match else None


def lacks(server: Server, name: str) -> bool:
    """Whether this server's rules are known not to have the field, so that its absence is no gap."""
    if name == "apply_to_admins":
        return server.product == "gitea"
    if name not in _SINCE:
        return False
    version = version_of(server)
    return server.product == "forgejo" or (version is not None and version < _SINCE[name])
