"""The corpus: requests that nobody should send, each with the answer that it gets."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = {"Content-Type": "application/json"}
TYPENAME = "{ __typename }"
CHECK_IN = "mutation($input: CheckInInput!) { recordCheckIn(input: $input) { position } }"
BATCH = "mutation($input: RecordCheckInsInput!) { recordCheckIns(input: $input) { accepted } }"
PAGES = "query($n: Int!) { objectives(first: $n) { nodes { alignedObjectives(first: $n) { nodes { id title } } } } }"
OWNERS = "query($n: Int) { owners(first: $n) { totalCount } }"
ITEM = "item { ... on Objective { title progress } }"
TREE = f"cascade(cycleId: 1) {{ nodes {{ {ITEM} depth link context childCount }} edges {{ link }} }}"
CYCLES = "query($s: [CycleState!]) { cycles(states: $s) { id } }"


@dataclass(frozen=True)
class Hostile:
    """`code`: None where the answer has data."""

    name: str
    status: int
    code: str | None
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    method: str = "POST"
    path: str = "/graphql"


def asked(name: str, code: str | None, query: str, variables: Any = None, status: int | None = None) -> Hostile:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return Hostile(name, status or (400 if code else 200), code, body)


def chain(length: int, start: str, on: str, link: str, end: str) -> str:
    """A fragment that spreads the next one, as `link` says with N for its number."""
    fragments = (f"fragment F{n} on {on} {{ {link.replace('N', str(n + 1))} }}" for n in range(length))
    return f"{start} {' '.join(fragments)} fragment F{length} on {on} {{ {end} }}"


def many(count: int, text: str) -> str:
    return " ".join(text.replace("N", str(n)) for n in range(count))


BROKEN_BODIES = {
    "nothing": b"",
    "a number": b"5",
    "a text": b'"x"',
    "null": b"null",
    "an empty list": b"[]",
    "a batch of operations": b'[{"query": "{ __typename }"}]' * 1,
    "an open brace": b"{",
    "no query": b"{}",
    "a query that is a number": b'{"query": 5}',
    "a query that is null": b'{"query": null}',
    "a name twice": b'{"query": "{ __typename }", "query": "{ __typename }"}',
    "a variable twice": b'{"query": "{ __typename }", "variables": {"a": 1, "a": 2}}',
    "variables that are a list": b'{"query": "{ __typename }", "variables": []}',
    "variables that are a text": b'{"query": "{ __typename }", "variables": "{}"}',
    "an operation name that is a number": b'{"query": "{ __typename }", "operationName": 5}',
    "extensions that are a number": b'{"query": "{ __typename }", "extensions": 5}',
    "not a number": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "infinity": b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
    "5,000 digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}",
    "a million digits": b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 1_000_000 + b"}}",
    "5,000 objects deep": b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    "100,000 lists deep": b"[" * 100_000,
    "500,000 lists deep": b'{"a":' + b"[" * 500_000,
    "not UTF-8": b'{"query": "\xff"}',
    "an overlong encoding": b'{"query": "\xc0\xaf"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "UTF-32": '{"query": "{ __typename }"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "something after the end": b'{"query": "{ __typename }"} x',
    "NUL": b"\0" * 1000,
    "a comment": b'{"query": "{ __typename }" /* so */}',
    "single quotes": b"{'query': '{ __typename }'}",
}
MEDIA = (
    *("text/plain", "text/xapplication/json", "application/json; charset=latin-1", "application/graphql"),
    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json, text/plain", ""),
)
DOCUMENTS: list[tuple[str, str, str]] = [
    ("nothing but blanks", "GRAPHQL_PARSE_FAILED", " " * 50_000),
    ("an open string", "GRAPHQL_PARSE_FAILED", '{ a(b: "'),
    ("an open block string", "GRAPHQL_PARSE_FAILED", '{ a(b: """' + "x" * 40_000),
    ("quotes without end", "GRAPHQL_PARSE_FAILED", '"' * 999),
    ("a control character", "GRAPHQL_PARSE_FAILED", "{ \x07 }"),
    ("half a pair", "GRAPHQL_PARSE_FAILED", '{ node(id: "\\ud800") { id } }'),
    ("300 deep", "QUERY_TOO_COMPLEX", "{ a" * 300 + "}" * 300),
    ("lists 900 deep", "QUERY_TOO_COMPLEX", "{ a(b:" + "[" * 900 + "]" * 900 + ") }"),
    ("objects 300 deep", "QUERY_TOO_COMPLEX", "{ a(b:" + "{a:" * 300 + "1" + "}" * 300 + ") }"),
    ("type definitions", "GRAPHQL_VALIDATION_FAILED", "type A { a: Int }"),
    ("a subscription", "GRAPHQL_VALIDATION_FAILED", "subscription { cascadeChanged }"),
    ("an unknown fragment", "GRAPHQL_VALIDATION_FAILED", "{ ...Nothing }"),
    ("unknown fields", "GRAPHQL_VALIDATION_FAILED", f"{{ {many(30, 'aN')} }}"),
    ("unused variables", "GRAPHQL_VALIDATION_FAILED", f"query({many(50, '$aN: Int')}) {TYPENAME}"),
    ("unused fragments", "GRAPHQL_VALIDATION_FAILED", TYPENAME + many(50, "fragment FN on Query { __typename }")),
    ("a fragment of itself", "GRAPHQL_VALIDATION_FAILED", "{ ...A } fragment A on Query { ...A }"),
    ("a loop of two", "GRAPHQL_VALIDATION_FAILED", "{ ...A } fragment A on Query {...B} fragment B on Query {...A}"),
    ("a loop of 15", "GRAPHQL_VALIDATION_FAILED", chain(15, "{ ...F0 }", "Query", "...FN", "...F0")),
    ("NUL in a text", "BAD_USER_INPUT", '{ node(id: "\\u0000") { id } }'),
    ("a number of 1,000 digits", "BAD_USER_INPUT", f"{{ owners(first: {'9' * 1000}) {{ totalCount }} }}"),
    ("a float for an integer", "BAD_USER_INPUT", "{ owners(first: 1e400) { totalCount } }"),
    (
        "an introspection loop",
        "GRAPHQL_VALIDATION_FAILED",
        "{ __schema { types " + "{ fields { type " * 6 + "{ name" + " }" * 15,
    ),
]
TOO_COMPLEX: list[tuple[str, str, str]] = [
    ("tokens", "words", "{" + "a " * 3000 + "}"),
    ("characters", "half a million", "{" + "a " * 250_000 + "}"),
    ("definitions", "a hundred fragments", TYPENAME + many(100, "fragment FN on Query { __typename }")),
    ("definitions", "200 variables", f"query({many(200, '$aN: Int')}) {TYPENAME}"),
    ("tokens", "comments", "#\n" * 3000 + TYPENAME),
    ("tokens", "values", "{ nodes(ids: [" + many(2000, '"N"') + "]) { id } }"),
    ("tokens", "directives", "{ __typename" + " @a" * 1500 + "}"),
    ("tokens", "definitions", many(450, "query QN { __typename }")),
    ("depth", "owners of owners", "{ owners { nodes " + "{ parent " * 30 + "{ id" + " }" * 33),
    ("depth", "through fragments", chain(30, "{ node(id: 1) { ...F0 } }", "Owner", "parent { ...FN }", "id")),
    ("root_fields", "the same field", "{" + " __typename" * 500 + "}"),
    ("root_fields", "mutations", "mutation {" + many(40, 'openCycle(input: {id: "N"}) { position }') + "}"),
    ("aliases", "of one field", f"{{ {many(100, 'aN: __typename')} }}"),
    ("aliases", "below", f"{{ viewer {{ {many(100, 'aN: roles')} }} }}"),
    (
        "aliases",
        "through fragments",
        f"{{ {many(10, '...A')} }} fragment A on Query {{ {many(10, 'aN: viewer {roles}')} }}",
    ),
    ("directives", "on a field", "{ __typename" + " @skip(if: false)" * 100 + "}"),
    ("directives", "unknown", "{ __typename" + " @a" * 500 + "}"),
    ("directives", "on an operation", "query" + " @a" * 500 + TYPENAME),
    ("directives", "on variables", f"query({many(60, '$aN: Int @a')}) {TYPENAME}"),
    (
        "fields",
        "a spread twice in a spread twice",
        chain(18, "{ __schema { ...F0 } }", "__Schema", "...FN ...FN", "description"),
    ),
    ("fields", "eighty of them", chain(80, "{ viewer { ...F0 } }", "Viewer", "...FN ...FN", "roles")),
    (
        "fields",
        "two fields each",
        chain(40, "{ node(id: 1) { ...F0 } }", "Owner", "a: parent {...FN} b: parent {...FN}", "id"),
    ),
    ("fields", "inline fragments", "{ ...A" + " ...A" * 14 + "} fragment A on Query {" + " ...{ a }" * 60 + "}"),
    ("comparisons", "one field again and again", "{ viewer {" + " roles" * 900 + "} }"),
    ("comparisons", "many spreads", "{ ...A" + " ...A" * 210 + "} fragment A on Query { a }"),
    ("cost", "pages of pages", PAGES.replace("query($n: Int!)", "").replace("$n", "200")),
    ("cost", "trees", f"{{ {many(30, f'aN: {TREE}')} }}"),
    (
        "cost",
        "pages in a tree",
        f"{{ {TREE.replace('title', 'alignedObjectives(first: 200) { nodes { id title state } }')} }}",
    ),
    ("cost", "schemas", f"{{ {many(30, 'aN: __schema { types { fields { name } } }')} }}"),
]
VARIABLES: list[tuple[str, str | None, str, Any]] = [
    ("pages by variables", "QUERY_TOO_COMPLEX", PAGES, {"n": 200}),
    ("pages by a float", "QUERY_TOO_COMPLEX", PAGES, {"n": 200.0}),
    ("small pages", None, PAGES, {"n": 2}),
    ("pages by a text", "BAD_USER_INPUT", PAGES, {"n": "200"}),
    ("pages by a list", "BAD_USER_INPUT", PAGES, {"n": [1] * 100}),
    ("a huge integer", "BAD_USER_INPUT", OWNERS, {"n": 10**300}),
    ("a long list", "QUERY_TOO_COMPLEX", CYCLES, {"s": ["OPEN"] * 5000}),
    ("a long list that nobody asked for", "QUERY_TOO_COMPLEX", TYPENAME, {"unused": [1] * 300_000}),
    ("lists in lists", "BAD_USER_INPUT", CYCLES, {"s": [[[["OPEN"]]]]}),
    ("a batch of too many", "QUERY_TOO_COMPLEX", BATCH, {"input": {"items": [{}] * 3000}}),
    ("a batch of nothing", "BAD_USER_INPUT", BATCH, {"input": {"items": [{}] * 1000}}),
    ("a thousand unknown fields", "BAD_USER_INPUT", CHECK_IN, {"input": {f"a{n}": n for n in range(1000)}}),
    ("NUL", "BAD_USER_INPUT", CHECK_IN, {"input": {"note": "\0"}}),
    ("NUL in a name", "BAD_USER_INPUT", CHECK_IN, {"input": {"\0": 1}}),
    ("half a pair", "BAD_USER_INPUT", CHECK_IN, {"input": {"note": "\ud800"}}),
    ("a decimal of 100,000 digits", "BAD_USER_INPUT", CHECK_IN, {"input": {"value": "9" * 100_000}}),
    ("a great exponent", "BAD_USER_INPUT", CHECK_IN, {"input": {"value": "1e999999999"}}),
    ("800 objects deep", "BAD_USER_INPUT", OWNERS, {"n": json.loads('{"a":' * 800 + "1" + "}" * 800)}),
]
HEADERS: list[tuple[str, int, str | None, dict[str, str]]] = [
    ("an answer as a page", 406, "NOT_ACCEPTABLE", {"Accept": "text/html"}),
    ("an answer without quality", 406, "NOT_ACCEPTABLE", {"Accept": "application/json;q=0"}),
    ("a thousand media types", 406, "NOT_ACCEPTABLE", {"Accept": "text/x," * 1000 + "text/x"}),
    ("a position that is none", 400, "BAD_USER_INPUT", {"OKR-Min-Position": "-1"}),
    ("a position of 30 digits", 400, "BAD_USER_INPUT", {"OKR-Min-Position": "9" * 30}),
    ("another host", 200, None, {"Host": "elsewhere"}),
    ("another method by header", 200, None, {"X-HTTP-Method-Override": "DELETE"}),
    ("a long header", 200, None, {"X-Long": "x" * 30_000}),
]
GETS: list[tuple[str, int, str | None, str]] = [
    ("no query", 400, "BAD_REQUEST", ""),
    ("a mutation", 405, "METHOD_NOT_ALLOWED", '?query=mutation{openCycle(input:{id:"x"}){position}}'),
    (
        "a mutation by name",
        405,
        "METHOD_NOT_ALLOWED",
        '?query=query A{__typename} mutation B{openCycle(input:{id:"x"}){position}}&operationName=B',
    ),
    ("variables that are not JSON", 400, "BAD_REQUEST", "?query={__typename}&variables={"),
    ("variables that are a list", 400, "BAD_REQUEST", "?query={__typename}&variables=[]"),
    ("a document of 1,100 words", 400, "QUERY_TOO_COMPLEX", "?query={" + "a%20" * 1100 + "}"),
]


def _all() -> Iterable[Hostile]:
    for name, body in BROKEN_BODIES.items():
        yield Hostile(f"body: {name}", 400, "BAD_REQUEST", body)
    yield Hostile("body: 2 MiB", 413, "CONTENT_TOO_LARGE", b" " * 2 * 1024 * 1024)
    for kind in MEDIA:
        body = json.dumps({"query": TYPENAME}).encode()
        yield Hostile(f"media type: {kind}", 415, "UNSUPPORTED_MEDIA_TYPE", body, {"Content-Type": kind})
    for name, code, query in DOCUMENTS:
        yield asked(f"document: {name}", code, query)
    for limit, name, query in TOO_COMPLEX:
        yield asked(f"{limit}: {name}", "QUERY_TOO_COMPLEX", query)
    for name, told, query, variables in VARIABLES:
        yield asked(f"variables: {name}", told, query, variables)
    for name, status, told, headers in HEADERS:
        yield Hostile(f"header: {name}", status, told, json.dumps({"query": TYPENAME}).encode(), JSON | headers)
    for name, status, told, query in GETS:
        yield Hostile(f"GET: {name}", status, told, method="GET", headers={}, path=f"/graphql{query}")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        yield Hostile(f"method: {method}", 405, "METHOD_NOT_ALLOWED", method=method)


CORPUS = tuple(_all())
