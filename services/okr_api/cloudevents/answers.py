"""Answers to events, each for itself, in the order of sending."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from okr_api.cloudevents.check_ins import command, key
from okr_api.cloudevents.events import CloudEvent, Fault, Unreadable, read
from okr_api.commands.check_ins import RecordCheckIn
from okr_api.graphql.batches import Answer, Batch, Item
from okr_api.graphql.context import Context
from okr_api.graphql.errors import UserError, user_errors
from okr_api.graphql.outcome import read_back

KEY_TAKEN = "Another event had this source and id: give a new event a new id."


@dataclass(frozen=True)
class Result:
    """`told`: as the sender reads it. `problems`: why the event was refused, in the same words."""

    told: dict[str, Any]
    problems: Sequence[dict[str, Any]] = ()


async def answered(given: Sequence[object], context: Context) -> list[Result]:
    """Every event that can be recorded is recorded, once. Raises QueueFull or LogUnavailable."""
    results: dict[int, Result] = {}
    taken: list[tuple[int, CloudEvent, RecordCheckIn]] = []
    for place, one in enumerate(given):
        try:
            event = read(one)
            taken.append((place, event, command(event)))
        except Unreadable as unreadable:
            results[place] = _refused(one, map(_fault, unreadable.faults))
    if taken:
        items = [Item(check_in, key(event)) for _, event, check_in in taken]
        answers = await Batch(items, most=len(items), key_needed=True).each_for_itself(context, "checkIn")
        await read_back(context, answers.position)
        for (place, event, _), answer in zip(taken, answers.items, strict=True):
            results[place] = _result(event, answer)
    return [results[place] for place in range(len(given))]


def _result(event: CloudEvent, answer: Answer) -> Result:
    if answer.problems:
        problems = (_problem(event, error) for error in user_errors(answer.problems))
        return _refused({"source": event.source, "id": event.id}, problems)
    told = {"source": event.source, "id": event.id, "status": answer.status.value}
    position = None if answer.position is None else str(answer.position)
    return Result({**told, "checkIn": str(answer.made), "position": position})


def _refused(given: object, problems: Iterable[dict[str, Any]]) -> Result:
    """What names the event is told as far as it is text."""
    told: dict[str, Any] = {}
    for name in ("source", "id"):
        value = given.get(name) if isinstance(given, dict) else None
        told[name] = value.encode(errors="replace").decode() if isinstance(value, str) else None
    listed = list(problems)
    return Result({**told, "status": "REJECTED", "userErrors": listed}, listed)


def _fault(fault: Fault) -> dict[str, Any]:
    return {"code": fault.code, "message": fault.message, "path": list(fault.path), "params": {}}


def _problem(event: CloudEvent, error: UserError) -> dict[str, Any]:
    message = KEY_TAKEN if error.code == "IDEMPOTENCY_MISMATCH" else error.message
    return {"code": error.code, "message": message, "path": _path(event, error.path or []), "params": error.params}


def _path(event: CloudEvent, path: Sequence[str]) -> list[str]:
    """The attribute or the member of the data that caused it."""
    match path[1:]:
        case []:
            return []
        case ["source"]:
            return ["source"]
        case ["idempotencyKey"]:
            return ["id"]
        case ["effectiveAt"] if event.data.get("effectiveAt") is None:
            return ["time"]
    return ["data", *path[1:]]
