"""From a path to a Config: finds the site's file, follows `extends`, validates, tells every error at once."""

import hashlib
import os
import re
from collections.abc import Collection
from functools import cache, lru_cache
from pathlib import Path

from auditor.config import Config, Local
from auditor.config.check import check_inherited, check_paths, check_rules, check_site
from auditor.config.section import build_config
from auditor.document import Document, Problem, load_document, open_document
from auditor.errors import ConfigError
from auditor.frozen import frozen
from auditor.schemas import data_file, validate

NAME = "policies.yaml"
_MOST_EXTENDED = 10
_SITE_KEY = re.compile(r"^(id|local|gitea|nas|site)[ \t]*:", re.MULTILINE)


@frozen
class Chain:
    """A site's file and those that it extends, the standard policy first; `problems` are those of `extends` itself."""

    file: Path | None
    site: Document | None
    inherited: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """All of them, the standard policy first and the site's own file last."""
        return (*self.inherited, self.site) if self.site else self.inherited

    @property
    def sha256(self) -> str:
        """One hash for the bytes of all files."""
        return hashlib.sha256("".join(document.sha256 for document in self.documents).encode()).hexdigest()


@frozen
class Loaded:
    """A valid configuration and the files that it was read from: rules and waivers are merged in their order."""

    config: Config
    site: Document | None
    inherited: tuple[Document, ...]
    sha256: str

    @property
    def standard(self) -> Document:
        """The standard policy."""
        return self.inherited[0]

    @property
    def documents(self) -> tuple[Document, ...]:
        """The standard policy first, the site's own file last."""
        return (*self.inherited, self.site) if self.site else self.inherited


def find_config(start: Path) -> Path | None:
    """The policy file of a site in the folder `start` or the nearest parent; the standard policy counts as none."""
    folder = start.absolute()
    for place in (folder, *folder.parents):
        path = place / NAME
        try:
            if path.is_file() and not is_standard(path):
                return path
        except OSError:
            continue  # a folder that can't be entered holds nothing of ours
    return None


def is_standard(path: Path) -> bool:
    """Whether the file names no site, as the standard policy does; one that can't be read may name one."""
    try:
        # a block mapping needs no parser to be recognised as a site's
        if _SITE_KEY.search(path.read_bytes()[:1_000_000].decode("utf-8", "replace")):
            return False
        data = load_document(path).data
    except (OSError, ConfigError):
        return False
    return isinstance(data, dict) and not {"id", "local", "gitea", "nas", "site"} & set(data)


def load_config(path: Path, *, validated: bool = False) -> Loaded:
    """The configuration of a site's file; raises ConfigError with every error of it and of the files it extends.

    `validated` says that these bytes (`Chain.sha256`) have passed before; what the machine says of paths is asked anew.
    """
    return load_chain(read_chain(path), validated=validated)


def load_standard(config: Config, *, validated: bool = False) -> Loaded:
    """`config` under the standard policy alone, for a clone without a policy file."""
    return load_chain(Chain(file=None, site=None, inherited=(standard_document(),)), config, validated=validated)


def read_chain(path: Path) -> Chain:
    """The site's file and those that it extends, parsed and not yet validated; raises ConfigError for what can't be."""
    site = load_document(path)
    documents, problems = [site], list[Problem]()
    seen = {_real(path)}
    file, current = path, site
    while (target := _extended(current)) != "standard":
        file = _real(file.absolute().parent / target)
        fault = _extends_fault(target, file, seen)
        if fault:
            problems.append(current.problem(("extends",), fault))
            break
        seen.add(file)
        current = load_document(file, name=str(Path(path).parent / target) if current is site else str(file))
        documents.append(current)
    inherited = (standard_document(), *reversed(documents[1:]))
    return Chain(file=path, site=site, inherited=inherited, problems=tuple(problems))


def read_shared(path: Path) -> Chain:
    """The chain of a file that names no site: one that sites' files extend, or the standard policy itself."""
    chain, standard = read_chain(path), standard_document()
    own = () if chain.site is None or chain.site.sha256 == standard.sha256 else (chain.site,)
    return Chain(file=None, site=None, inherited=(*chain.inherited, *own), problems=chain.problems)


def load_chain(chain: Chain, config: Config | None = None, *, validated: bool = False) -> Loaded:
    """What `load_config` does, for files that were read already."""
    problems = find_problems(chain, validated=validated)
    if problems:
        raise ConfigError(*map(str, in_order(problems, chain)))
    if chain.site and chain.file:
        config = build_config(chain.site, chain.file, chain.inherited[1:])
    if config is None:
        raise ConfigError("no policy file: name one with -c, or write one with auditor init")
    return Loaded(config=config, site=chain.site, inherited=chain.inherited, sha256=chain.sha256)


def find_problems(chain: Chain, *, validated: bool = False) -> list[Problem]:
    """Everything that is wrong with the files, but for the expressions of their rules."""
    if validated:
        paths = check_paths(chain.site, chain.file.absolute().parent) if chain.site and chain.file else ()
        return [*chain.problems, *paths]
    shapes = (problem for document in chain.documents for problem in _shape_problems(document))
    return [*chain.problems, *_cross_problems(chain), *shapes]


@lru_cache(maxsize=4)  # the standard policy, the longest of all, is the same for every site of a fleet
def _shape_problems(document: Document) -> tuple[Problem, ...]:
    return tuple(validate(document, "policies"))


def in_order(problems: Collection[Problem], chain: Chain) -> list[Problem]:
    """The problems, the site's own file first; an unreadable version hides what else is wrong there."""
    names = [document.name for document in reversed(chain.documents)]
    newer = {problem.file for problem in problems if problem.message.startswith("written for format")}
    kept = {
        problem for problem in problems if problem.file not in newer or problem.message.startswith("written for format")
    }
    return sorted(kept, key=lambda problem: (names.index(problem.file), problem))


def clone_config(folder: Path, *, identifier: str, branch: str) -> Config:
    """The configuration of a clone without a policy file; its `identifier` is of its root commit and its folder."""
    return Config(id=identifier, local=Local(path=folder.absolute(), branch=branch))


def rule_ids(document: Document) -> frozenset[str]:
    """The ids of a document's rules, whatever else is wrong with them."""
    rules = document.data.get("rules") if isinstance(document.data, dict) else None
    entries = [rule.get("id") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    return frozenset(name for name in entries if isinstance(name, str))


@cache
def standard_document() -> Document:
    """The standard policy, as it ships, parsed where its rules are wanted: a third of a start would go by over it."""
    return open_document(data_file(NAME), "standard/policies.yaml")


def _extended(document: Document) -> str:
    target = document.data.get("extends", "standard") if isinstance(document.data, dict) else "standard"
    return target if isinstance(target, str) else "standard"


def _real(path: Path) -> Path:
    # Path.resolve raises on a circle of links
    return Path(os.path.realpath(path))


def _extends_fault(target: str, file: Path, seen: set[Path]) -> str | None:
    if "://" in target or Path(target).is_absolute() or target.startswith("~"):
        return f"'{target[:80]}' is neither standard nor the relative path of a file"
    if file in seen:
        return f"'{target[:80]}' extends this file in turn: break the cycle"
    if len(seen) > _MOST_EXTENDED:
        return f"more than {_MOST_EXTENDED} files extend each other: write it flatter"
    try:
        found = file.is_file()
    except (OSError, ValueError):
        found = False
    return None if found else f"there is no file '{target[:80]}': write standard, or the relative path of a file"


def _cross_problems(chain: Chain) -> list[Problem]:
    problems: list[Problem] = []
    known: frozenset[str] = frozenset()
    for index, document in enumerate(chain.inherited):
        problems += (check_inherited if index else check_rules)(document, known)
        known |= rule_ids(document)
    if chain.site and chain.file:
        problems += check_site(chain.site, known, chain.file.absolute().parent)
    return problems
