"""Sameness: whether answers of different servers tell the same, however each spells it."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bench.measuring.client import answer
from bench.measuring.rounds import Contender

NUMBER = re.compile(r"-?\d+(\.\d+)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*")


def plain(value: Any) -> Any:
    """Numbers and moments by what they mean, pages by what they hold."""
    match value:
        case {"nodes": nodes, **rest} if not rest:
            return plain(nodes)
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case bool() | None:
            return value
        case int() | float():
            return Decimal(str(value)).normalize()
        case str() if NUMBER.fullmatch(value):
            return Decimal(value).normalize()
        case str() if MOMENT.fullmatch(value):
            return datetime.fromisoformat(value).timestamp()
    return value


def require_same(contenders: Sequence[Contender], question: str, shown: Callable[[Any], Any] = plain) -> None:
    """Raises RuntimeError where a peer answers a question otherwise than ours does."""
    for place in range(len(contenders[0].questions[question])):
        answers = [shown(answer(each.port, each.questions[question][place])) for each in contenders]
        for contender, told in zip(contenders, answers, strict=True):
            if told != answers[0]:
                raise RuntimeError(f"{contender.name} answers {question} otherwise: {difference(answers[0], told)}")
    print(f"{question}: {len(contenders)} contenders, the same answers", flush=True)


def difference(ours: Any, theirs: Any, path: str = "") -> str:
    """Where the first difference is."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return next(difference(ours[k], theirs[k], f"{path}.{k}") for k in ours if ours[k] != theirs[k])
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return next(
            difference(a, b, f"{path}[{n}]") for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b
        )
    return f"at {path}: {str(ours)[:200]!r} and {str(theirs)[:200]!r}"
