"""All that one origin serves, read as a whole: pages and scripts go in as they arrive, facts come out at the end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from auditor.detector.judgement import SecretJudge
from auditor.extraction.address import PUBLIC_FORGES, host_of, same_base
from auditor.extraction.html import PROPOSE, DeepError, Page, decoded, parse_page
from auditor.extraction.likeness import flows_of
from auditor.extraction.link import attribute_links, attribute_values, json_links, json_values
from auditor.extraction.literal import presence, public_variables
from auditor.extraction.script import Module
from auditor.extraction.seeker import Found, Seeker
from auditor.extraction.term import Terms
from auditor.model.facts.nas_docker import SecretSeen
from auditor.model.facts.site import Fetched, IssueLink, PublicVariable, Serving, SiteValue
from auditor.model.missing import MISSING, Missing

_MOST_ENTRIES = 500
_LARGE = 200_000


@dataclass
class Reading:
    """One origin: `public` or `slot:NAME`, asked at `address`.

    `judge` finds the secrets of a text, None: nobody looks. Scripts `deepest` imports away are not asked for others.
    """

    origin: str
    address: str
    terms: Terms
    judge: SecretJudge | None
    expired: Callable[[], bool] = lambda: False
    files: list[Fetched] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    deepest: int = 2
    _pages: list[Page] = field(default_factory=list)
    _modules: dict[str, Module] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)
    _secrets: dict[SecretSeen, None] = field(default_factory=dict)

    def add(self, fact: Fetched, body: bytes | None) -> tuple[str, ...]:
        """Take an answer in; the addresses of the scripts that it names, absolute and of this origin alone."""
        self.files.append(fact)
        if body is None or not body:
            return ()
        if self.judge is not None and fact.role != "sitemap":
            self._secrets.update(dict.fromkeys(self.judge(body, fact.path)))
        if fact.role == "script":
            return self._new(self._script(fact, body))
        if fact.role in ("page", "not-found") and _is_html(fact.content_type, body):
            return self._new(self._page(fact, body))
        return ()

    def _new(self, addresses: Iterable[str]) -> tuple[str, ...]:
        own = self._own(addresses)
        self._named.update(own)
        return tuple(own)

    def _script(self, fact: Fetched, body: bytes) -> list[str]:
        # a maintenance page in the place of a script
        if (fact.content_type or "").startswith("text/html"):
            self.faults.append(f"'{fact.path}' is a script to the pages that load it, and is answered with HTML")
            return []
        module = Module(fact.path, decoded(body, fact.content_type).encode())
        self._modules[fact.path] = module
        if fact.depth >= self.deepest or not self._may_name_more(module):
            return []
        named = self._imports(module)
        module.forget()
        return named

    def _may_name_more(self, module: Module) -> bool:
        """Whether a script can name one that was not named before; most only repeat what the page preloads."""
        return any(self._own(self._joined(module, text)).keys() - self._named for text in module.may_import())

    def _page(self, fact: Fetched, body: bytes) -> list[str]:
        try:
            page = parse_page(fact.path, urljoin(self.address, fact.path), body, fact.content_type)
        except DeepError as error:
            self.faults.append(str(error))
            return []
        islands = tuple((self.path_of(url), properties) for url, properties in page.islands)
        self._pages.append(replace(page, islands=islands))
        named = list(page.scripts)
        for number, script in enumerate(page.inline):
            # a base of its own, so that two inline scripts of a page are two modules
            path = f"{fact.path}#{number}"
            module = Module(path, script.text.encode(), classic=not script.module, shift=script.line)
            self._modules[path] = module
            named += self._imports(module)
        return named

    def _imports(self, module: Module) -> list[str]:
        return [address for text in module.imported for address in self._joined(module, text)]

    def _joined(self, module: Module, text: str) -> list[str]:
        here = urljoin(self.address, module.path.partition("#")[0])
        try:
            return [urljoin(here, text)] if text.startswith((".", "/", "http")) else []
        except ValueError:
            return []

    def _own(self, addresses: Iterable[str]) -> dict[str, None]:
        return dict.fromkeys(address.partition("#")[0] for address in addresses if self._is_own(address))

    def _is_own(self, address: str) -> bool:
        try:
            return urlsplit(address)[:2] == urlsplit(self.address)[:2]
        except ValueError:
            return False

    def path_of(self, address: str) -> str:
        """An address without its origin."""
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def serving(self) -> Serving:
        """The facts; links of other forges and values of no variable are left out."""
        seeker = Seeker(
            self._modules, self._pages, lambda path: self._loaded_by.get(path, ()), self.terms, self.expired
        )
        found, named, variables = self._sought(seeker)
        links = [*(link for page in self._pages for link in self._page_links(page))]
        links += [link for one in found for link in one.links]
        ours = [link for link in dict.fromkeys(links) if self._is_ours(link)]
        values = [*(value for page in self._pages for value in self._page_values(page))]
        values += named
        open_links = tuple(dict.fromkeys(one.open_link for one in found if one.open_link is not None))
        return Serving(
            origin=self.origin,
            address=self.address,
            files=tuple(self.files),
            links=tuple(ours[:_MOST_ENTRIES]),
            values=tuple(dict.fromkeys(values))[:_MOST_ENTRIES],
            open_links=open_links[:_MOST_ENTRIES],
            presence=() if ours or values else self._presence(),
            variables=tuple(dict.fromkeys(variables))[:_MOST_ENTRIES],
            secrets=self._found_secrets(),
            flows=flows_of(self._proposing()),
        )

    def _proposing(self) -> Iterator[Page]:
        """The pages that a visitor is meant to see, and that speak of proposing themselves or in a script of theirs."""
        seen = {file.path for file in self.files if file.role == "page" and file.status == 200}
        talking = [path for path, module in self._modules.items() if PROPOSE.search(module.source.decode("latin-1"))]
        for page in (page for page in self._pages if page.path in seen):
            loads = (self._loaded_by.get(path, ()) for path in talking)
            if page.proposes or any(one is page for pages in loads for one in pages):
                yield page

    def _sought(self, seeker: Seeker) -> tuple[list[Found], list[SiteValue], list[PublicVariable]]:
        found: list[Found] = []
        values: list[SiteValue] = []
        variables: list[PublicVariable] = []
        for count, module in enumerate(self._modules.values()):
            links = [*seeker.links(module)]
            found += links
            if self.expired():
                self.faults.append(f"{len(self._modules) - count} scripts were not read in time: raise --timeout")
                break
            decided = any(one.links for one in links)
            # where a link is built of it, the link tells what becomes of an empty value
            values += [one for one in seeker.values(module) if not decided or one.value not in ("", "undefined")]
            variables += public_variables(module)
            # a tree takes a hundred times the room of its source
            if len(module.source) > _LARGE:
                module.forget()
        return found, values, variables

    def _presence(self) -> tuple[SiteValue, ...]:
        return tuple(dict.fromkeys(one for module in self._modules.values() for one in presence(module, self.terms)))

    def _found_secrets(self) -> tuple[SecretSeen, ...] | Missing:
        return MISSING if self.judge is None else tuple(self._secrets)

    def _page_links(self, page: Page) -> Iterator[IssueLink]:
        yield from attribute_links(page, self.terms)
        yield from json_links(page, self.terms)

    def _page_values(self, page: Page) -> Iterator[SiteValue]:
        yield from attribute_values(page, self.terms)
        yield from json_values(page, self.terms)

    def _is_ours(self, link: IssueLink) -> bool:
        return is_ours(link, self.terms)

    @cached_property
    def _loaded_by(self) -> dict[str, list[Page]]:
        """The pages that load each module, directly or through imports."""
        known: dict[str, list[Page]] = {}
        for page in self._pages:
            waiting = [self.path_of(url) for url in page.scripts]
            waiting += [path for path in self._modules if path.startswith(f"{page.path}#")]
            seen: set[str] = set()
            while waiting:
                path = waiting.pop()
                module = self._modules.get(path)
                if path in seen or module is None:
                    continue
                seen.add(path)
                known.setdefault(path, []).append(page)
                waiting += [self.path_of(url) for url in self._own(self._imports(module))]
        return known


def is_ours(link: IssueLink, terms: Terms) -> bool:
    """Whether a link is meant to be the site's own: it shares the base, or owner or repository, or says so itself."""
    if same_base(link.base, terms.base) or link.named:
        return True
    host = host_of(link.base)
    if any(host == forge or host.endswith(f".{forge}") for forge in PUBLIC_FORGES):
        return False
    if not host or host == host_of(terms.base) or "undefined" in (link.base, link.owner, link.repo):
        return True
    return link.owner.lower() == terms.owner.lower() or link.repo.lower() == terms.repo.lower()


def _is_html(content_type: str | None, body: bytes) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return "html" in kind or (not kind and b"<" in body[:200])
