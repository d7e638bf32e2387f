"""Logs: one line for each thing told, as JSON for machines or as text for people, with the ids of its request."""

import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from okr_api.event_log.requests import kind
from okr_api.operations.correlation import current
from okr_api.settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OURS = ("okr_api", "projector")
QUIET = ("uvicorn", "psycopg", "httpx", "httpcore", "opentelemetry")
"""Libraries that tell of each thing that they do."""
Failure = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def begin(settings: Settings, service: str) -> None:
    """From here on the process logs to standard error. `service`: what it is called in JSON."""
    is_text = settings.log_format == "text" or (settings.log_format is None and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(Text(TEXT) if is_text else Json(service))
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    # What libraries tell to whoever debugs them repeats what clients sent, tokens included.
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler])
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def places(error: BaseException | None) -> str:
    """Kinds and places only: the messages of the database, and of Python, repeat what clients sent."""
    return "".join(line for each in _causes(error) for line in (f"{kind(each)}\n", *_frames(each)))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _frames(error: BaseException) -> list[str]:
    return traceback.format_tb(error.__traceback__)


class Text(logging.Formatter):
    def formatException(self, failure: Failure) -> str:
        return places(failure[1]).rstrip()

    def formatMessage(self, record: logging.LogRecord) -> str:
        ids = current.get()
        told = super().formatMessage(record)
        return f"{told} [{ids.request_id}]" if ids else told


class Json(logging.Formatter):
    """An object a line. A record may bring a `correlation_id` of its own: that of what it tells about."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (ids := current.get()) is not None:
            told |= {"request_id": ids.request_id, "correlation_id": ids.correlation_id}
        if (correlation_id := getattr(record, "correlation_id", None)) is not None:
            told["correlation_id"] = correlation_id
        if record.exc_info:
            told["error"] = places(record.exc_info[1])
        return orjson.dumps(told, default=str).decode()
