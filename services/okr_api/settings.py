"""The environment, read once into one frozen page."""

from pathlib import Path
from typing import Annotated, Any, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, IPvAnyNetwork, Json, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGED = Path(__file__).parent / "schema"
SCHEMA_DIR: Path = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "schema"
EXAMPLE_ADDRESS = "a PostgreSQL address such as postgresql://user@host/name"


class CannotStart(Exception):
    """Why the service does not start, in one line that says what to do next."""


def _postgres_address(value: str) -> str:
    try:
        conninfo_to_dict(value)
    except ProgrammingError as error:
        raise ValueError("not a PostgreSQL address") from error
    return value


PostgresAddress = Annotated[str, Field(min_length=1, repr=False), AfterValidator(_postgres_address)]
RoleName = Literal["admin", "member", "auditor", "integration"]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)]
LogFormat = Annotated[Literal["json", "text"], BeforeValidator(str.lower)]


class Limits(BaseModel):
    """What one request may cost, and how many may be under way."""

    model_config = ConfigDict(frozen=True)

    max_body_bytes: int = Field(default=1024 * 1024, ge=1)
    """A batch of a thousand check-ins fits."""
    max_characters: int = Field(default=50_000, ge=1)
    """Of a document: data goes into variables."""
    max_tokens: int = Field(default=1000, ge=1)
    max_definitions: int = Field(default=60, ge=1)
    """Operations, fragments and variables; validation looks at each by the others."""
    max_depth: int = Field(default=20, ge=1)
    """The tools' introspection query goes 15 deep."""
    max_root_fields: int = Field(default=30, ge=1)
    max_fields: int = Field(default=1000, ge=1)
    """With everything that is spread, as often as it is spread."""
    max_aliases: int = Field(default=50, ge=0)
    max_directives: int = Field(default=50, ge=0)
    max_comparisons: int = Field(default=20_000, ge=1)
    """Pairs of fields that answer under one name; validation compares each."""
    max_cost: int = Field(default=50_000, ge=1)
    """Fields to resolve; that many take about a quarter of a second."""
    max_list_items: int = Field(default=2000, ge=1)
    """In one list of the variables. Lists have limits of their own below that."""
    max_cuts: int = Field(default=5, ge=1)
    """Different ones that a request gives with asOf: each may have to be loaded."""
    request_timeout: float = Field(default=10.0, gt=0)
    """Seconds for everything about a request; statements in the database have no longer either."""
    max_requests: int = Field(default=500, ge=1)
    """Under way in the process at one moment."""
    max_requests_per_principal: int = Field(default=32, ge=1)
    max_connections: int = Field(default=2000, ge=1)
    """WebSockets and event streams of the process."""
    max_connections_per_principal: int = Field(default=32, ge=1)
    max_operations: int = Field(default=20, ge=1)
    """Under way on one WebSocket."""
    max_waiting_updates: int = Field(default=50, ge=1)
    """Of a subscriber who takes them slower than they come; five seconds at least."""


class Settings(Limits, BaseSettings):
    """Every knob of the service: OKR_ and the name in capitals, and plain DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="OKR_", frozen=True, populate_by_name=True, extra="ignore")

    database_url: PostgresAddress = Field(validation_alias="DATABASE_URL")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    environment: Literal["development", "production"] = "production"
    log_level: LogLevel = "info"
    log_format: LogFormat | None = None
    """Of the log: json or text. None: text on a terminal, else JSON."""
    operations_port: int | None = Field(default=None, ge=1, le=65535)
    """Where /livez, /readyz, /startupz and /metrics are answered to whoever asks. None: nowhere."""
    drain_seconds: float = Field(default=0.0, ge=0)
    """How long the API goes on serving when it is told to stop, so that no request is sent to it any more by then."""
    traces_endpoint: str | None = None
    """Where spans go: an OTLP collector, as http://collector:4318/v1/traces. None: nowhere."""

    oidc_issuer: str | None = None
    """Whose tokens are believed: their `iss`, to the letter."""
    oidc_audience: str | None = None
    """What those tokens must be meant for: their `aud`."""
    oidc_jwks_url: str | None = None
    """Where the issuer's public keys stand; its own pages name it `jwks_uri`."""
    oidc_roles_claim: str = Field(default="roles", min_length=1)
    oidc_roles: Json[dict[str, RoleName]] | None = None
    """What each value of the roles claim means here. None: a role is called there as it is called here."""
    oidc_subject_claim: str = Field(default="sub", min_length=1)
    """The claim that holds the login of an owner."""

    projector_batch_events: int = Field(default=5000, ge=1)
    """Events that the projector folds per transaction; a commit is never split."""
    append_queue_limit: int = Field(default=10_000, ge=1)
    """Appends that may wait for the log before callers are told to try later."""
    readable_timeout: float = Field(default=2.0, gt=0)
    """Seconds that a mutation waits until the facts hold what it wrote."""

    webhook_networks: list[IPvAnyNetwork] = []
    """Private networks that webhooks may lead into, as 10.1.0.0/16, also without TLS; into all others they may not."""

    past_cuts_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """What snapshots of past positions may take in memory, about; those asked for last are kept."""

    @property
    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in Limits.model_fields})


def read_settings(**given: Any) -> Settings:
    """The settings of this process; what is given by name goes before the environment.

    Raises CannotStart, which names every wrong or missing variable.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise CannotStart("; ".join(_complaint(problem) for problem in error.errors(include_url=False))) from None


def _complaint(problem: Any) -> str:
    name = str(problem["loc"][0])
    if name.lower() == "database_url":
        missing = problem["type"] in ("missing", "string_too_short")
        # The value may hold a password, so it is not repeated.
        return f"DATABASE_URL {'is not set: give it' if missing else 'is not'} {EXAMPLE_ADDRESS}"
    return f"OKR_{name.upper()}={problem['input']}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
