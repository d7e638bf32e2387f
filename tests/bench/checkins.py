"""Check-ins over HTTP: one in each request on 64 connections, and a thousand in each on two."""

import json
import time
from itertools import count
from typing import Any

from bench.measuring.client import answer, request, side_by_side
from bench.measuring.dataset import Organisation, key_result_id
from bench.measuring.rounds import SECONDS
from bench.measuring.service import NOTE, Service, cluster, filled, served

CONNECTIONS = 64
AT_ONCE = 1000
SENDERS = 2
"""Of batches: while the facts of one are made, the next one is decided."""
ROUNDS = 3
MOST_A_SECOND = 3000
"""Requests that are prepared beforehand; each is a command of its own."""
MOST_BATCHES_A_SECOND = 10
HEAD = "{ logHead { position } }"
SINGLE = """mutation($input: CheckInInput!) { recordCheckIn(input: $input) {
  checkIn { id } position userErrors { code } } }"""
BATCH = """mutation($input: RecordCheckInsInput!) { recordCheckIns(input: $input) {
  position accepted userErrors { code } } }"""


def main() -> None:
    organisation = Organisation(1)
    with cluster() as server:
        filled(server.dsn(), organisation)
        with served(server.dsn()) as service:
            print(f"{NOTE}; here an administrator's, who may report on everything", flush=True)
            figures = measured(service, [str(key_result_id(kr)) for kr in organisation.measured])
    single, batch = (sorted(each)[len(each) // 2] for each in figures)
    print("\n| how | check-ins/s |\n|---|---|")
    print(f"| one in each request, {CONNECTIONS} connections | {single:.0f} |")
    print(f"| {AT_ONCE} in each request, {SENDERS} connections | {batch:.0f} |")
    print(json.dumps({"bench": "checkins", "ratios": {"single": round(batch / single, 2)}}))


def measured(service: Service, key_results: list[str]) -> tuple[list[float], list[float]]:
    numbers, singles, batches = count(), [], []
    token = service.token("admin")
    require_accepted(service, token, key_results, numbers)
    for number in range(ROUNDS):
        some = [single(key_results, next(numbers), token) for _ in range(round(MOST_A_SECOND * SECONDS))]
        singles.append(side_by_side(service.port, some, CONNECTIONS, SECONDS))
        batches.append(in_batches(service, token, key_results, numbers))
        print(
            f"round {number + 1} of {ROUNDS}: {singles[-1]:.0f}/s one by one, {batches[-1]:.0f}/s in batches",
            flush=True,
        )
    return singles, batches


def require_accepted(service: Service, token: str, key_results: list[str], numbers: Any) -> None:
    """Raises RuntimeError where either way is refused."""
    for wanted in (single(key_results, next(numbers), token), batch(key_results, numbers, token)):
        told = next(iter(answer(service.port, wanted).values()))
        if told["userErrors"] or told["position"] is None:
            raise RuntimeError(f"a check-in is refused: {json.dumps(told)[:500]}")
    print("both ways are accepted", flush=True)


def in_batches(service: Service, token: str, key_results: list[str], numbers: Any) -> float:
    """Check-ins a second, counted in the log."""
    some = [batch(key_results, numbers, token) for _ in range(round(MOST_BATCHES_A_SECOND * SECONDS))]
    before, begun = head(service, token), time.perf_counter()
    side_by_side(service.port, some, SENDERS, SECONDS)
    taken = time.perf_counter() - begun
    return (head(service, token) - before) / taken


def head(service: Service, token: str) -> int:
    """The last position of the log."""
    return int(answer(service.port, request(HEAD, token=token))["logHead"]["position"])


def single(key_results: list[str], number: int, token: str) -> bytes:
    return request(SINGLE, {"input": check_in(key_results, number)}, token)


def batch(key_results: list[str], numbers: Any, token: str) -> bytes:
    items = [check_in(key_results, next(numbers)) for _ in range(AT_ONCE)]
    return request(BATCH, {"input": {"items": items}}, token)


def check_in(key_results: list[str], number: int) -> dict[str, Any]:
    said = {"value": str(number % 100), "confidence": "0.8", "note": "as planned"}
    return {"idempotencyKey": f"check-in {number}", "keyResult": {"id": key_results[number % len(key_results)]}, **said}
