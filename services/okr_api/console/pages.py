"""Pages: the cascade explorer at /, GraphiQL at /graphql for browsers, and the files that they are made of.

What can be asked for is what is read here when the process begins; no path of a request is ever looked up on disk.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

HERE = Path(__file__).parent
FOLDERS = ("page", "vendor", "graphiql")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
HTML = "text/html; charset=utf-8"
PREFIX = "/console"
ALONE = ("graphiql", "questions")
"""Modules that the explorer does without."""
IMPORTS = {
    "preact": f"{PREFIX}/vendor/preact.js",
    "preact/hooks": f"{PREFIX}/vendor/hooks.js",
    "htm": f"{PREFIX}/vendor/htm.js",
    "d3-hierarchy": f"{PREFIX}/vendor/d3-hierarchy.js",
}
NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    f"require-trusted-types-for 'script'; trusted-types 'none'; {NOTHING_ELSE}"
)
# GraphiQL makes style elements of its own and carries its fonts along in its styles.
POLICY_OF_GRAPHIQL = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    f"font-src 'self' data:; connect-src 'self'; {NOTHING_ELSE}"
)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked again each time, and answered with 304: after an upgrade nobody sees half of the page before it.
    "Cache-Control": "no-cache",
}


class File:
    """A file as it is answered with."""

    def __init__(self, content: bytes, kind: str, policy: str | None = None) -> None:
        self.content = content
        self.tag = f'"{sha256(content).hexdigest()[:32]}"'
        self.headers = {"Content-Type": kind, "ETag": self.tag, **SAFE}
        if policy:
            self.headers["Content-Security-Policy"] = policy

    def answer(self, asked: Headers) -> Response:
        if asked.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=self.headers)
        return Response(self.content, headers=self.headers)


def _explorer() -> File:
    imports = json.dumps({"imports": IMPORTS}, separators=(",", ":"))
    modules = [f"{PREFIX}/page/{file.name}" for file in sorted((HERE / "page").glob("*.js")) if file.stem not in ALONE]
    preloaded = "\n".join(f'<link rel="modulepreload" href="{path}">' for path in [*IMPORTS.values(), *modules])
    text = (HERE / "page" / "index.html").read_text().replace("{IMPORTS}", imports).replace("{PRELOADED}", preloaded)
    return File(text.encode(), HTML, POLICY.format(scripts=f"'{_digest(imports)}'"))


def _graphiql() -> File:
    return File((HERE / "page" / "graphiql.html").read_bytes(), HTML, POLICY_OF_GRAPHIQL)


def _digest(script: str) -> str:
    """What lets a script run that stands in the page itself."""
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def _files() -> Mapping[str, File]:
    found = (file for folder in FOLDERS for file in (HERE / folder).iterdir() if file.suffix in TYPES)
    return {
        f"{PREFIX}/{file.parent.name}/{file.name}": File(file.read_bytes(), f"{TYPES[file.suffix]}; charset=utf-8")
        for file in found
    }


EXPLORER = _explorer()
GRAPHIQL = _graphiql()
FILES = _files()


async def explorer(request: Request) -> Response:
    return EXPLORER.answer(request.headers)


async def graphiql(scope: Scope, receive: Receive, send: Send) -> None:
    await GRAPHIQL.answer(Headers(scope=scope))(scope, receive, send)


async def file(request: Request) -> Response:
    """404 for whatever is not on the list."""
    known = FILES.get(request.url.path)
    return known.answer(request.headers) if known else Response("Not Found", 404, headers=SAFE)


def wants_page(scope: Scope) -> bool:
    """Whether somebody looks at /graphql with a browser: a client that asks says what, or takes no HTML."""
    return (
        scope["method"] in ("GET", "HEAD")
        and "text/html" in Headers(scope=scope).get("accept", "")
        and not re.search(rb"(^|&)query=", scope["query_string"])
    )


ROUTES = [Route("/", explorer), Route(f"{PREFIX}/{{path:path}}", file)]
