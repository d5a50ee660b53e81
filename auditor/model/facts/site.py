"""What a website serves of the link to the issue form, as a visitor gets it; values are read out, never executed here.

`Serving` is the same for the public address and for each slot of the NAS, whose bytes the NAS's visit brings.
"""

from typing import Literal

from auditor.frozen import frozen
from auditor.model.facts.nas_docker import SecretSeen
from auditor.model.facts.witness import Gap
from auditor.model.missing import MISSING, Missing

Role = Literal["page", "not-found", "script", "sitemap", "probe"]
Tier = Literal["attribute", "folded", "literal", "clicked"]
Part = Literal["base", "owner", "repo"]


@frozen
class Fetched:
    """One answer; `path` is relative to the origin, with its query. `depth` is how many imports lead to it.

    `status` is None where none came, and `error` says why. `sha256` is that of the unpacked body; `complete` is False
    where a cap cut it. `location` is where a redirect points, without its query.
    """

    path: str
    role: Role
    depth: int = 0
    status: int | None
    location: str | None = None
    content_type: str | None = None
    size: int | None = None
    sha256: str | None = None
    complete: bool = True
    error: str | None = None


@frozen
class Place:
    """Where in what is served: the path of the page or script, line and column from 1, and what stands there.

    `expression` is the source of the value, cut; `element` names the attribute where it is one.
    """

    path: str
    line: int | None = None
    column: int | None = None
    element: str | None = None
    expression: str = ""


@frozen
class SiteValue:
    """A value of one of the configured variables, found under its own name.

    `certain` is False where it is one of several that the script chooses among at run time.
    """

    part: Part
    value: str
    tier: Tier
    place: Place
    certain: bool = True


@frozen
class IssueLink:
    """A link to a new-issue form, taken apart; texts of its query are told by length alone.

    `title_length` and `body_length` count decoded characters, None where the link has no such parameter or its text
    is only known at run time. `encoded_bytes` is the length of what is known of the whole address. `fault` is what is
    odd in the path (`double slash`, `encoded slash`), None: nothing. `named` says that the page itself presents it as
    the way to propose something.
    """

    base: str
    owner: str
    repo: str
    tier: Tier
    place: Place
    certain: bool = True
    named: bool = False
    parameters: tuple[str, ...] = ()
    title_length: int | None = None
    body_length: int | None = None
    encoded_bytes: int = 0
    fault: str | None = None


@frozen
class OpenLink:
    """A new-issue link whose parts are only known at run time; `known` is what can be told of it, holes as `{…}`."""

    known: str
    place: Place


@frozen
class PublicVariable:
    """A `PUBLIC_*` variable whose name and value are in what is served; the value itself is not kept."""

    name: str
    looks_secret: bool
    has_value: bool
    place: Place


@frozen
class Click:
    """What the browser did on a page: the texts that it clicked in turn, and where the last one would have led.

    `opened_by` is `link`, `window.open`, `navigation`, `form` or `clipboard`; `url` is the address without the texts
    of its query, None where nothing was opened. `blocked` are the addresses that the page asked for and did not get,
    without their queries. `screenshot` is the file with the picture, None without one.
    """

    page: str
    steps: tuple[str, ...]
    opened_by: str | None = None
    url: str | None = None
    blocked: tuple[str, ...] = ()
    screenshot: str | None = None


@frozen
class Flow:
    """A page that carries a way to propose something; `alike` are others of the same build, for which it stands."""

    page: str
    alike: tuple[str, ...] = ()


@frozen
class Serving:
    """What one origin serves: `public`, or `slot:NAME`; `address` is where it was asked.

    `presence` are the canonical values that stand there as exact literals, whatever they are used for. `flows` are the
    pages that propose something, one of each build. `clicks` is MISSING without a browser.
    """

    origin: str
    address: str
    files: tuple[Fetched, ...] = ()
    links: tuple[IssueLink, ...] = ()
    values: tuple[SiteValue, ...] = ()
    open_links: tuple[OpenLink, ...] = ()
    presence: tuple[SiteValue, ...] = ()
    variables: tuple[PublicVariable, ...] = ()
    secrets: tuple[SecretSeen, ...] | Missing = MISSING
    flows: tuple[Flow, ...] = ()
    clicks: tuple[Click, ...] | Missing = MISSING


@frozen
class Exposed:
    """A path that no site should serve, and that was answered with what it is (`/.env`, `/.git/HEAD`, a source map)."""

    path: str
    kind: Literal["env-file", "git-directory", "source-map"]
    status: int
    holds_secret: bool


@frozen
class TargetRecord:
    """The repository's record in the API; `redirect` is another name that it answers under."""

    status: int
    id: int | None = None
    full_name: str | None = None
    archived: bool | None = None
    private: bool | None = None
    has_internal_tracker: bool | None = None
    has_external_tracker: bool | None = None
    redirect: str | None = None


@frozen
class TargetPage:
    """How a visitor without login is answered; nobody follows `location`, which has lost its query."""

    status: int
    location: str | None = None


@frozen
class LoginPage:
    """Where a visitor without login is sent from the form, and whether the way back is kept there.

    `kept_in` is `url` or `cookie`, None where the destination is lost.
    """

    status: int
    location: str | None = None
    kept_in: Literal["url", "cookie"] | None = None


@frozen
class IssueForms:
    """What stands between the link and an empty form: `files` are forms that load by themselves, None: unknown tree.

    `template_count` counts all templates that a visitor may choose, `contact_link_count` the links beside them.
    """

    blank_issues_enabled: bool | Missing = MISSING
    template_count: int | Missing = MISSING
    contact_link_count: int | Missing = MISSING
    files: tuple[str, ...] | Missing = MISSING


@frozen
class Target:
    """One distinct repository that a link leads to, or should: as written in the links.

    `asked` is False for a base that is not the configured one: such a target is never asked. `record` is the API's
    answer with the token if there is one, `anonymous_record` without.
    """

    base: str
    owner: str
    repo: str
    configured: bool
    asked: bool
    record: TargetRecord | Missing = MISSING
    anonymous_record: TargetRecord | Missing = MISSING
    page: TargetPage | Missing = MISSING
    login: LoginPage | Missing = MISSING
    forms: IssueForms | Missing = MISSING


@frozen
class Site:
    """The facts of the public website and of where its links lead; with `available` False only `error` is known.

    `root_url` is Gitea's own configured address. `browser` says whether Chromium could be used, and why not.
    """

    available: bool
    error: str | None = None
    observed_at: str
    gaps: tuple[Gap, ...] = ()

    public: Serving | Missing = MISSING
    exposed: tuple[Exposed, ...] | Missing = MISSING
    targets: tuple[Target, ...] | Missing = MISSING
    root_url: str | Missing = MISSING
    signin_required: bool | Missing = MISSING
    browser: Literal["used", "never", "absent"] | Missing = MISSING
    browser_reason: str | None = None
    notices: tuple[str, ...] = ()
