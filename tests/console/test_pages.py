"""What the console serves: a fixed list of files, with headers that let nothing else in, and pinned packages."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from okr_api.console import pages, vendored
from okr_api.console.pages import FILES, ROUTES, wants_page

HERE = Path(pages.__file__).parent
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


APP = Starlette(routes=ROUTES)


def asked(path: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://console") as client:
            return await client.request(method, path, headers=named)

    return asyncio.run(ask())


def policy() -> dict[str, list[str]]:
    text = asked("/").headers["content-security-policy"]
    return {name: values for name, *values in (part.split() for part in text.split(";"))}


def test_the_page_lets_nothing_in_but_its_own_files() -> None:
    told = policy()
    assert told["default-src"] == ["'none'"]
    assert told["script-src"][0] == "'self'"
    assert told["style-src"] == told["connect-src"] == ["'self'"]
    assert told["frame-ancestors"] == told["base-uri"] == told["form-action"] == ["'none'"]
    assert not [values for values in told.values() if "'unsafe-inline'" in values or "'unsafe-eval'" in values]


def test_the_only_script_that_stands_in_the_page_is_the_import_map_and_its_hash_is_told() -> None:
    text = asked("/").text
    (inline,) = (part.split("</script>")[0] for part in text.split('<script type="importmap">')[1:])
    assert policy()["script-src"][1:] == [f"'{pages._digest(inline)}'"]
    assert set(json.loads(inline)["imports"].values()) <= set(FILES)
    assert " style=" not in text
    assert "<style" not in text


@pytest.mark.parametrize("path", ["/", *FILES])
def test_whatever_is_served_says_what_it_is_and_is_asked_for_again(path: str) -> None:
    answer = asked(path)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}.get(Path(path).suffix, "text/html")
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    again = asked(path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/console/",
        "/console/pages.py",
        "/console/page/index.html",
        "/console/vendor/VENDOR.json",
        "/console/page/../pages.py",
        "/console/page/%2e%2e/pages.py",
        "/console/page/..%2fpages.py",
        "/console//etc/passwd",
        "/console/page/main.js/",
        "/console/page/MAIN.js",
    ],
)
def test_what_is_not_on_the_list_is_not_there(path: str) -> None:
    assert asked(path).status_code == 404


def test_nothing_can_be_sent_to_the_pages() -> None:
    assert {asked("/", method).status_code for method in ("POST", "PUT", "DELETE")} == {405}


@pytest.mark.parametrize(
    ("accept", "query", "method", "page"),
    [
        (BROWSER, "", "GET", True),
        (BROWSER, "", "HEAD", True),
        (BROWSER, "query=%7B__typename%7D", "GET", False),
        (BROWSER, "a=1&query=x", "GET", False),
        (BROWSER, "", "POST", False),
        ("*/*", "", "GET", False),
        ("application/json", "", "GET", False),
        ("", "", "GET", False),
    ],
)
def test_only_a_browser_that_asks_nothing_gets_graphiql(accept: str, query: str, method: str, page: bool) -> None:
    scope = {
        "type": "http",
        "method": method,
        "query_string": query.encode(),
        "headers": [(b"accept", accept.encode())],
    }
    assert wants_page(scope) is page


@pytest.mark.parametrize("folder", vendored.SETS)
def test_what_was_vendored_is_what_was_pinned(folder: str) -> None:
    record = json.loads((HERE / folder / vendored.RECORD).read_text())
    pinned = [(each.name, each.version, each.integrity) for each in vendored.SETS[folder]]
    assert [(each["name"], each["version"], each["integrity"]) for each in record] == pinned
    assert all(each["license"] in ("MIT", "ISC", "Apache-2.0") for each in record)
    recorded = {name: told for each in record for name, told in each["files"].items()}
    there = {file.name: file for file in (HERE / folder).iterdir() if file.name != vendored.RECORD}
    assert recorded == {name: vendored.integrity(file.read_bytes()) for name, file in there.items()}


def test_every_module_is_told_about_before_it_is_asked_for() -> None:
    """Else the browser would find them one import after the other."""
    text = asked("/").text
    modules = [path for path in FILES if path.startswith("/console/page/") and path.endswith(".js")]
    told = [path for path in modules if f'rel="modulepreload" href="{path}"' in text]
    assert set(modules) - set(told) == {f"/console/page/{name}.js" for name in pages.ALONE}
