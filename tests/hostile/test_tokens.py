"""Tokens that prove nothing: a service in production answers each with the same 401, which tells no reason."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.serving import served
from hostile.issuer import NAME, Issuer, claims, encoded, issuing
from okr_api.access.api_keys import new_api_key
from okr_api.access.policy import Role
from okr_api.access.tokens import principal_id
from okr_api.local.tokens import development_token

TOLD = {
    "errors": [
        {
            "message": "Sign in: send a valid token, as `Authorization: Bearer <token>`.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
WHO = "{ viewer { actor { id name kind } roles } }"


@dataclass
class Production:
    """A service in production, the issuer that it believes, one that it does not know, and what it writes."""

    url: str
    dsn: str
    issuer: Issuer
    stranger: Issuer
    log: Path

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def ask(self, *authorization: str) -> httpx.Response:
        return self.http.post("/graphql", json={"query": WHO}, headers=[("Authorization", a) for a in authorization])

    def bearer(self, token: str) -> httpx.Response:
        return self.ask(f"Bearer {token}")


@pytest.fixture(scope="module")
def production(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with issuing(folder) as issuer, (folder / "log").open("wb") as log:
        settings = issuer.settings(folder) | {"OKR_LOG_LEVEL": "debug"}
        with served(shared_database, projector=False, log=log, **settings) as url:
            yield Production(url, shared_database, issuer, Issuer(), folder / "log")


Forge = Callable[[Production], str]
NOW = int(time.time())


def by_hand(header: dict[str, Any], payload: Any, signature: bytes = b"") -> str:
    return f"{encoded(header)}.{encoded(payload)}.{encoded(signature)}"


def with_public_key(p: Production) -> str:
    """HS256, the public key for a secret."""
    public = p.issuer.keys["rsa"][1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded({'alg': 'HS256', 'kid': 'rsa'})}.{encoded(claims())}"
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), hashlib.sha256))}"


def with_other_claims(p: Production) -> str:
    header, _, signature = p.issuer.token(sub="ben", roles=["staff"]).split(".")
    return f"{header}.{encoded(claims(sub='ben', roles=['bosses']))}.{signature}"


def signed_payload(p: Production, text: bytes) -> str:
    """Signed by the issuer, whatever the payload is."""
    return jwt.PyJWS().encode(text, p.issuer.keys["rsa"][1], "RS256", {"kid": "rsa"})


def own_key_along(p: Production, **head: Any) -> str:
    return p.stranger.token(head={"kid": "mine", **head})


def jwk_of(issuer: Issuer) -> Any:
    return json.loads(issuer.jwks())["keys"][0]


FORGED: dict[str, Forge] = {
    "expired": lambda p: p.issuer.token(exp=NOW - 60),
    "not yet valid": lambda p: p.issuer.token(nbf=NOW + 3600),
    "issued tomorrow": lambda p: p.issuer.token(iat=NOW + 86_400, exp=NOW + 90_000),
    "for another audience": lambda p: p.issuer.token(aud="payroll"),
    "for other audiences": lambda p: p.issuer.token(aud=["payroll", "okr2"]),
    "of another issuer": lambda p: p.issuer.token(iss="https://id.example.com"),
    "of an issuer that is called alike": lambda p: p.issuer.token(iss=f"{NAME}/"),
    **{f"without {name}": lambda p, name=name: p.issuer.token(**{name: None}) for name in claims() if name != "roles"},  # type: ignore[misc]
    "an expiry that is a word": lambda p: p.issuer.token(exp="never"),
    "an expiry beyond numbers": lambda p: signed_payload(p, json.dumps(claims()).encode()[:-1] + b', "exp": 1e999}'),
    "an expiry that is a list": lambda p: p.issuer.token(exp=[NOW + 60]),
    "a subject that is a number": lambda p: p.issuer.token(sub=5),
    "an empty subject": lambda p: p.issuer.token(sub=""),
    "half a surrogate for a subject": lambda p: p.issuer.token(sub="\ud800"),
    "the public key as a secret": with_public_key,
    **{
        f"the algorithm {name}": lambda p, name=name: by_hand({"alg": name, "kid": "rsa"}, claims())  # type: ignore[misc]
        for name in ("none", "None", "NONE", "nOnE", "", "HS256", "XX999")
    },
    "no algorithm": lambda p: by_hand({"kid": "rsa"}, claims()),
    "an algorithm that is a list": lambda p: by_hand({"alg": ["RS256"], "kid": "rsa"}, claims()),
    "a critical header that nobody knows": lambda p: p.issuer.token(head={"crit": ["x"], "x": 1}),
    "a payload that is detached": lambda p: p.issuer.token(head={"crit": ["b64"], "b64": False}),
    "a key id that is unknown": lambda p: p.issuer.token(head={"kid": "rsa2"}),
    "the id of another key": lambda p: p.issuer.token(head={"kid": "ec"}),
    "no key id": lambda p: by_hand({"alg": "RS256"}, claims(), b"x" * 256),
    "a path as key id": lambda p: p.stranger.token(head={"kid": "../../../dev/null"}),
    "a query as key id": lambda p: p.stranger.token(head={"kid": "x' UNION SELECT 'key"}),
    "a number as key id": lambda p: by_hand({"alg": "RS256", "kid": 1}, claims(), b"x" * 256),
    "a key that it brings along": lambda p: own_key_along(p, jwk=jwk_of(p.stranger)),
    "an address of keys that it brings along": lambda p: own_key_along(p, jku="https://127.0.0.1:1/keys"),
    "an address of certificates": lambda p: own_key_along(p, x5u="https://127.0.0.1:1/cert", x5c=["MII="]),
    "another tenant's key with the same id": lambda p: p.stranger.token(),
    "another tenant's curve key": lambda p: p.stranger.token("ec"),
    "other claims under the signature": with_other_claims,
    "half a signature": lambda p: p.issuer.token()[:-100],
    "no signature": lambda p: p.issuer.token().rpartition(".")[0] + ".",
    "no last dot": lambda p: p.issuer.token().rpartition(".")[0],
    "one part more": lambda p: p.issuer.token() + ".x",
    "two dots": lambda p: "..",
    "one dot": lambda p: ".",
    "no base64": lambda p: "a+b/c.~~~~.----",
    "no JSON": lambda p: ".".join([encoded(b"{")] * 3),
    "a list for a payload": lambda p: signed_payload(p, b"[]"),
    "a payload without end": lambda p: signed_payload(p, b"[" * 4000),
    "a header without end": lambda p: f"{encoded(b'[' * 4000)}.{encoded(claims())}.x",
    "a signature of zeros": lambda p: by_hand({"alg": "ES256", "kid": "ec"}, claims(), b"\0" * 64),
    "a signature of nothing": lambda p: by_hand({"alg": "ES256", "kid": "ec"}, claims(), b""),
    "a development token": lambda p: development_token(p.dsn, Role.ADMIN, timedelta(hours=1)),
    "more than 8 KiB": lambda p: p.issuer.token(padding="x" * 8192),
    "an API key that nobody has": lambda p: new_api_key()[1],
    "an API key cut short": lambda p: new_api_key()[1][:-1],
    "a word": lambda p: "admin",
}


def assert_nothing_told(response: httpx.Response) -> None:
    assert response.status_code == 401
    assert response.json() == TOLD
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_that_proves_nothing_is_refused_without_a_reason(production: Production, kind: str) -> None:
    assert_nothing_told(production.bearer(FORGED[kind](production)))


def test_one_bearer_token_is_sent_and_nothing_else(production: Production) -> None:
    good = production.issuer.token()
    assert production.bearer(good).status_code == 200
    assert_nothing_told(production.ask())
    assert_nothing_told(production.ask(f"Bearer {good}", f"Bearer {good}"))
    for wrong in (good, f"Basic {good}", "Basic YTpi", "Bearer", f"Bearer {good}, Basic YTpi", f"Bearer\t{good}"):
        assert_nothing_told(production.ask(wrong))


def test_a_mutation_and_a_broken_body_are_refused_like_a_query(production: Production) -> None:
    assert_nothing_told(production.http.post("/graphql", content=b"{"))
    assert_nothing_told(production.http.get("/graphql", params={"query": WHO}))
    assert production.http.get("/livez").status_code == 200


@pytest.mark.parametrize(("kid", "alg"), [("rsa", "RS256"), ("rsa", "PS384"), ("ec", "ES256"), ("ed", "EdDSA")])
def test_who_is_signed_in_is_told(production: Production, kid: str, alg: str) -> None:
    token = production.issuer.token(kid, alg=alg, sub="ana", name="Ana", aud=["x", "okr"], roles=["bosses", "x"])
    actor = {"id": str(principal_id(NAME, "ana")), "name": "Ana", "kind": "PERSON"}
    assert production.bearer(token).json()["data"] == {"viewer": {"actor": actor, "roles": ["admin"]}}


def test_clocks_may_differ_a_little(production: Production) -> None:
    now = int(time.time())
    assert production.bearer(production.issuer.token(exp=now - 5, nbf=now + 5, iat=now + 5)).status_code == 200


@pytest.mark.parametrize("roles", [None, [], ["admin"], "king", {"bosses": True}, [["bosses"]]])
def test_somebody_without_a_role_is_told_what_to_do(production: Production, roles: Any) -> None:
    response = production.bearer(production.issuer.token(roles=roles))
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert "ask whoever runs it for one of admin, member, auditor, integration" in error["message"]


def test_no_token_reaches_the_log(production: Production) -> None:
    sent = [forge(production) for forge in FORGED.values()] + [production.issuer.token()]
    for token in sent:
        production.bearer(token)
    written = production.log.read_text()
    parts = {part for token in sent for part in token.split(".") if len(part) > 12}
    assert not [part for part in parts if part in written]
    assert "Traceback" not in written


def test_keys_change_without_a_restart_and_strangers_cause_no_fetches(shared_database: str, tmp_path: Path) -> None:
    with (
        issuing(tmp_path) as issuer,
        served(shared_database, projector=False, **issuer.settings(tmp_path)) as url,
    ):
        production = Production(url, shared_database, issuer, Issuer(), tmp_path / "log")
        old = issuer.token()
        assert production.bearer(old).status_code == 200
        issuer.keys = {"next": production.stranger.keys["rsa"]}
        assert production.bearer(issuer.token("next")).status_code == 200
        assert issuer.fetches == 2
        assert_nothing_told(production.bearer(old))
        with ThreadPoolExecutor(20) as strangers:
            forged = [issuer.token("next", head={"kid": f"unknown {number}"}) for number in range(20)]
            answers = list(strangers.map(production.bearer, forged))
        assert {answer.status_code for answer in answers} == {401}
        assert issuer.fetches == 2
        issuer.away = True
        assert production.bearer(issuer.token("next")).status_code == 200
