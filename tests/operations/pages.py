"""The pages of metrics of real processes, as Prometheus reads them."""

from collections.abc import Iterator

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

PATIENCE = 0.2
"""Seconds: a process that does not answer by then is not there for Prometheus either."""


def shown_at(port: int) -> dict[str, str]:
    """Settings of a process that shows its page at that port."""
    return {"OKR_OPERATIONS_PORT": str(port)}


def page(port: int, patience: float = 30.0) -> list[Sample]:
    """Raises httpx.HTTPError."""
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=patience, trust_env=False)
    answer.raise_for_status()
    return list(samples(answer.text))


def samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from family.samples


def highest(of: list[Sample], name: str) -> float:
    """Of all processes; 0 where none tells."""
    return max((each.value for each in of if each.name == name), default=0.0)


def value(of: list[Sample], name: str, **labels: str) -> float:
    """The sum of all with these labels, as of several processes; 0 where there is none."""
    return sum(each.value for each in of if each.name == name and labels.items() <= each.labels.items())
