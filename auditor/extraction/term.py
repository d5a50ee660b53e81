"""What is looked for: the canonical link, the names of its variables, and the page on which it is looked for."""

import re
from dataclasses import dataclass
from functools import cached_property

from auditor.config import Config, Variables
from auditor.extraction.address import FormAddress
from auditor.model.facts.site import Part

_PREFIX = "PUBLIC_"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The canonical base, owner and repository, the configured variables' names, and the address of the site."""

    base: str
    owner: str
    repo: str
    base_name: str = "PUBLIC_GITEA_BASE"
    owner_name: str = "PUBLIC_GITEA_OWNER"
    repo_name: str = "PUBLIC_GITEA_REPO"
    site: str

    @property
    def names(self) -> dict[Part, str]:
        """The name of each part's variable."""
        return {"base": self.base_name, "owner": self.owner_name, "repo": self.repo_name}

    def canonical(self, part: Part) -> str:
        """The value that the part should have."""
        return {"base": self.base, "owner": self.owner, "repo": self.repo}[part]

    def part_of(self, name: str) -> Part | None:
        """The part that an attribute, a key or an identifier is named after, in any of the usual spellings."""
        return self._spellings.get(_squeezed(name.removeprefix("data-")))

    def may_be(self, part: Part, text: str) -> bool:
        """Whether a text can be meant as a value of the part: a label can't, nor can a variable's own name."""
        if text in ("", "undefined"):
            return True
        if part == "base":
            return re.search(r"[.:/]|localhost", text) is not None
        return re.fullmatch(r"[\w.-]+", text.strip(), re.ASCII) is not None and self.part_of(text) is None

    def is_own_page(self, form: FormAddress) -> bool:
        """Whether an address without server and owner is a page of the site itself (`/blog/issues/new`)."""
        known = ("", "undefined", self.owner.lower(), self.repo.lower())
        return not form.base and not form.owner and form.repo.lower() not in known

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Finds where a script may name one of the variables; what it finds still has to be judged."""
        names = ("[-_]?".join(map(re.escape, _without_prefix(name).split("_"))) for name in self.names.values())
        return re.compile("|".join(names).encode(), re.IGNORECASE)

    @cached_property
    def _spellings(self) -> dict[str, Part]:
        known: dict[str, Part] = {}
        for part, name in self.names.items():
            known[_squeezed(name)] = part
            known[_squeezed(_without_prefix(name))] = part
        return known


def terms_of(config: Config, address: str) -> Terms:
    """What is looked for on the site of this configuration; without `site:`, on what is served at `address`."""
    gitea, site = config.gitea, config.site
    names = Variables() if site is None else site.variables
    return Terms(
        base="" if gitea is None else gitea.base,
        owner="" if gitea is None else gitea.owner,
        repo="" if gitea is None else gitea.repo,
        base_name=names.base,
        owner_name=names.owner,
        repo_name=names.repo,
        site=address if site is None else site.url,
    )


def _without_prefix(name: str) -> str:
    return name.removeprefix(_PREFIX) or name


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
