"""The pages of the web side and its redirects, as far as a link to an issue form meets them."""

import re
from collections.abc import Sequence
from urllib.parse import quote_plus, urlsplit

from gitea_answer import Answer, Request, recorded_answer, text_answer, usual_headers
from gitea_recording import API, Recording
from gitea_rights import lenders

_FORM = re.compile(r"/[^/]+/[^/]+/issues/new(/choose)?")


class Moves:
    """Where renamed repositories and organisations went, out of the recorded redirects of the API."""

    def __init__(self, recordings: Sequence[Recording], version: str) -> None:
        self._version = version
        self._moves: dict[str, tuple[int, str]] = {}
        for recording in recordings:
            for each in recording.exchanges:
                if each.status in (301, 307) and re.fullmatch(rf"{API}/repos/[^/]+/[^/]+", each.path):
                    old = each.path.removeprefix(f"{API}/repos/").lower()
                    self._moves[old] = each.status, each.headers["location"].removeprefix(f"{API}/repos/")

    def answer(self, request: Request) -> Answer | None:
        """The redirect of a path below an old name, by the API, the web or git; None for other paths."""
        prefix = f"{API}/repos/" if request.path.startswith(f"{API}/repos/") else "/"
        owner, _, rest = request.path.removeprefix(prefix).partition("/")
        name, slash, rest = rest.partition("/")
        status, new = self._moves.get(f"{owner}/{name.removesuffix('.git')}".lower(), (0, ""))
        if not status:
            return None
        query = urlsplit(request.target).query
        return redirect(self._version, status, f"{prefix}{new}{slash}{rest}{'?' + query if query else ''}")


def redirect(version: str, status: int, location: str) -> Answer:
    """A redirect with the small page that Go's server writes."""
    reason = {301: "Moved Permanently", 303: "See Other", 307: "Temporary Redirect"}[status]
    headers = usual_headers(version, "text/html; charset=utf-8") | {"location": location}
    return Answer(status=status, headers=headers, content=f'<a href="{location}">{reason}</a>.\n\n'.encode())


def web_answer(request: Request, recordings: Sequence[Recording], version: str) -> Answer | None:
    """The answer to a GET outside the API; a form is always 303 to the login, even of what doesn't exist."""
    if _FORM.fullmatch(request.path):
        return _login(request.target, version)
    for recording in recordings:
        for who in lenders(request.caller):
            for each in recording.of_path(request.path):
                if each.caller == who and each.query == request.query and each.request_headers is None:
                    return recorded_answer(each)
    return None


def not_found_page() -> Answer:
    """What the web says of an unknown name."""
    return text_answer("Not found.\n", status=404, kind="text/plain;charset=utf-8")


def _login(target: str, version: str) -> Answer:
    if not version.startswith("1.25."):
        return redirect(version, 303, f"/user/login?redirect_to={quote_plus(target)}")
    # 1.25 keeps the way back in a cookie (reference/site.md section 5.1); the recordings kept no cookies.
    page = redirect(version, 303, "/user/login")
    cookie = {"set-cookie": f"redirect_to={quote_plus(target)}; Path=/; HttpOnly; SameSite=Lax"}
    return Answer(status=page.status, headers=dict(page.headers) | cookie, content=page.content)
