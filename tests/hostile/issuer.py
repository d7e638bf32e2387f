"""An issuer of tokens of the tests' own: its keys stand at an https address whose certificate it makes itself."""

import json
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import get_default_algorithms

NAME = "https://id.example.org"
AUDIENCE = "okr"


class Issuer:
    """`keys`: what stands at its address now; `away`: whether it answers with an error instead."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, Any]] = {
            "rsa": ("RS256", rsa.generate_private_key(65537, 2048)),
            "ec": ("ES256", ec.generate_private_key(ec.SECP256R1())),
            "ed": ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        }
        self.fetches = 0
        self.away = False
        self.url = ""

    def token(self, kid: str = "rsa", *, alg: str | None = None, head: Mapping[str, Any] = {}, **given: Any) -> str:
        """A good one, but for what is given; a claim that is None is left out."""
        algorithm, key = self.keys[kid]
        return jwt.encode(claims(**given), key, alg or algorithm, headers={"kid": kid, **head})

    def jwks(self) -> bytes:
        known = get_default_algorithms()
        jwks = [
            {**known[alg].to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
            for kid, (alg, key) in self.keys.items()
        ]
        return json.dumps({"keys": jwks}).encode()

    def settings(self, folder: Path) -> dict[str, str]:
        """What a service in production needs to believe it."""
        return {
            "OKR_ENVIRONMENT": "production",
            "OKR_OIDC_ISSUER": NAME,
            "OKR_OIDC_AUDIENCE": AUDIENCE,
            "OKR_OIDC_JWKS_URL": self.url,
            "OKR_OIDC_ROLES": '{"bosses": "admin", "staff": "member"}',
            "SSL_CERT_FILE": str(folder / "certificate.pem"),
            "NO_PROXY": "127.0.0.1",
        }


def claims(**given: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    usual = {"iss": NAME, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 600, "roles": ["bosses"]}
    return {name: value for name, value in {**usual, **given}.items() if value is not None}


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """An issuer whose certificate lies in the folder."""
    issuer = Issuer()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.fetches += 1
            self.send_response(503 if issuer.away else 200)
            self.end_headers()
            self.wfile.write(b"" if issuer.away else issuer.jwks())

        def log_message(self, *_: Any) -> None:
            """Nothing: the tests count."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    issuer.url = f"https://127.0.0.1:{server.server_port}/keys"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the tests' issuer")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(here, False).add_extension(x509.BasicConstraints(True, None), True)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path
