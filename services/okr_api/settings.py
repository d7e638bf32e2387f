"""The environment and secret files, read once into one frozen page."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    DirectoryPath,
    Field,
    IPvAnyNetwork,
    Json,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

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

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    max_body_bytes: int = Field(default=1024 * 1024, ge=1)
    """Bytes of a body. A batch of a thousand check-ins fits."""
    max_characters: int = Field(default=50_000, ge=1)
    """Characters of a document; data goes into variables."""
    max_tokens: int = Field(default=1000, ge=1)
    """Words and signs of a document, and comments."""
    max_definitions: int = Field(default=60, ge=1)
    """Operations, fragments and variables of a document; validation looks at each by the others."""
    max_depth: int = Field(default=20, ge=1)
    """Fields inside fields. The tools' introspection query goes 15 deep."""
    max_root_fields: int = Field(default=30, ge=1)
    """Fields at the top of an operation."""
    max_fields: int = Field(default=1000, ge=1)
    """Fields in all, those of a fragment as often as it is spread."""
    max_aliases: int = Field(default=50, ge=0)
    """Fields under another name."""
    max_directives: int = Field(default=50, ge=0)
    """Directives of a document."""
    max_comparisons: int = Field(default=20_000, ge=1)
    """Pairs of fields that answer under one name; validation compares each."""
    max_cost: int = Field(default=50_000, ge=1)
    """Fields to resolve: `first` times what is asked of each item; a tree counts as 100 nodes."""
    max_list_items: int = Field(default=2000, ge=1)
    """Items in one list of the variables; many lists have lower limits of their own."""
    max_cuts: int = Field(default=5, ge=1)
    """Different cuts that a request gives with `asOf`: each may have to be loaded."""
    request_timeout: float = Field(default=10.0, gt=0)
    """Seconds for everything about a request, and for each statement in the database."""
    max_requests: int = Field(default=500, ge=1)
    """Requests under way in the process."""
    max_requests_per_principal: int = Field(default=32, ge=1)
    """Requests of one caller under way."""
    max_connections: int = Field(default=2000, ge=1)
    """WebSockets and event streams of the process."""
    max_connections_per_principal: int = Field(default=32, ge=1)
    """WebSockets and event streams of one caller."""
    max_operations: int = Field(default=20, ge=1)
    """Operations under way on one WebSocket."""
    max_waiting_updates: int = Field(default=50, ge=1)
    """Updates that wait for a subscriber who takes them slower than they come; five seconds' worth at least."""


class Settings(Limits, BaseSettings):
    """Every knob of the service: OKR_ and the name in capitals, and plain DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="OKR_", frozen=True, populate_by_name=True, extra="ignore")

    database_url: PostgresAddress = Field(validation_alias="DATABASE_URL")
    """The PostgreSQL database: `postgresql://user:password@host/name`; several hosts as libpq has it."""
    secrets_dir: DirectoryPath | None = None
    """A folder of files that hold one setting each, by the names in this table, as secrets are mounted. What the
    environment says goes before."""
    environment: Literal["development", "production"] = "production"
    """`development` takes tokens that `okr token` makes, and listens on this machine alone."""
    host: str = "127.0.0.1"
    """The address that the API listens on; `0.0.0.0` is all of the machine's."""
    port: int = Field(default=8000, ge=1, le=65535)
    """The port that the API listens on."""
    log_level: LogLevel = "info"
    """From which level on lines are logged: `debug`, `info`, `warning`, `error`."""
    log_format: LogFormat | None = None
    """Of the log: `json` or `text`. Without it, text on a terminal and JSON elsewhere."""
    operations_port: int | None = Field(default=None, ge=1, le=65535)
    """The port of `/livez`, `/readyz`, `/startupz` and `/metrics`, for whoever asks. Without it there is none."""
    drain_seconds: float = Field(default=0.0, ge=0)
    """Seconds that the API serves on when it is told to stop, until no request is sent to it any more."""
    traces_endpoint: str | None = None
    """Where spans go: an OTLP collector, as `http://collector:4318/v1/traces`. Without it, nowhere."""

    oidc_issuer: str | None = None
    """Whose tokens are believed: `issuer` of the OpenID Connect issuer's pages, to the letter."""
    oidc_audience: str | None = None
    """What those tokens must be meant for: the name that the issuer knows this service by."""
    oidc_jwks_url: str | None = None
    """Where the issuer's public keys stand: `jwks_uri`, with `https`."""
    oidc_roles_claim: str = Field(default="roles", min_length=1)
    """The claim with the roles, a list or words; also a path such as `realm_access.roles`."""
    oidc_roles: Json[dict[str, RoleName]] | None = None
    """What the values of that claim mean here, as JSON: `{"okr-admins": "admin", "staff": "member"}`; others mean
    nothing. Without it roles are called there as they are here."""
    oidc_subject_claim: str = Field(default="sub", min_length=1)
    """The claim with the login that owners are registered with."""

    projector_batch_events: int = Field(default=5000, ge=1)
    """Events that the projector folds per transaction; a commit is never split."""
    append_queue_limit: int = Field(default=10_000, ge=1)
    """Appends that may wait for the log before callers are told to try later."""
    readable_timeout: float = Field(default=2.0, gt=0)
    """Seconds that a mutation waits until the facts hold what it wrote."""

    webhook_networks: list[IPvAnyNetwork] = []
    """Private networks that webhooks may lead into, also without TLS, as JSON: `["10.1.0.0/16"]`."""

    snapshot_bytes: int = Field(default=1024 * 1024 * 1024, ge=0)
    """What the organisation of today may take in memory, about: beyond that, root cycles that nobody asked about lately
    are let go of, and loaded again when somebody does."""
    past_cuts_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """Bytes that snapshots of past positions may take in memory, about; those asked for last are kept."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What goes first counts."""
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_folder())

    @property
    def limits(self) -> Limits:
        return Limits(**{name: getattr(self, name) for name in Limits.model_fields})


def secrets_folder() -> Path | None:
    """Where secret files lie, if they do; a folder that is missing is complained of with the other settings."""
    named = os.environ.get("OKR_SECRETS_DIR")
    return Path(named) if named and Path(named).is_dir() else None


def database_is_named() -> bool:
    """Whether somebody gave a DATABASE_URL, right or wrong."""
    folder = secrets_folder()
    return bool(os.environ.get("DATABASE_URL")) or (folder is not None and (folder / "DATABASE_URL").exists())


def read_settings(**given: Any) -> Settings:
    """The settings of this process; what is given by name goes before all else.

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
