"""Whatever fits the schema is answered: no fault of the service, and its memory stays as it is."""

import os
import time
from typing import Any

import hypothesis
from graphql import BooleanValueNode, ObjectValueNode, StringValueNode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema

from hostile.conftest import Target
from okr_api.settings import SCHEMA_DIR

SECONDS = float(os.environ.get("OKR_FUZZ_SECONDS", "60" if os.environ.get("CI") else "10"))
ROUND = 20
"""Documents between two looks at the clock."""
MAY_GROW = 20 * 1024 * 1024
TEXTS = st.sampled_from(["1", "-1.5", "2026-11-22", "2026-11-22T09:30:00Z", "", "NaN", "\x7f"])
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("DateTime", "Date", "Decimal", "Position"), TEXTS.map(lambda text: StringValueNode(value=text))),
    "JSON": st.one_of(
        st.booleans().map(lambda value: BooleanValueNode(value=value)), st.just(ObjectValueNode(fields=()))
    ),
}
DOCUMENTS = from_schema((SCHEMA_DIR / "okr.graphql").read_text(), custom_scalars=SCALARS)


def test_nothing_that_fits_the_schema_is_a_fault(target: Target) -> None:
    codes: set[str | None] = set()

    @settings(
        max_examples=ROUND, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(document=DOCUMENTS)
    def ask(document: str) -> None:
        response = target.api.post(document)
        answer = response.json()
        found = {error["extensions"].get("code") for error in answer.get("errors", [])}
        assert response.status_code < 500, f"{response.status_code}: {document}"
        assert "INTERNAL" not in found, document
        codes.update(found)

    begun, memory, rounds = time.monotonic(), None, 0
    while (passed := time.monotonic() - begun) < SECONDS:
        hypothesis.seed(rounds)(ask)()
        rounds += 1
        if memory is None and passed > SECONDS / 3:
            memory = target.spending.memory()
    grown = target.spending.memory() - (memory or target.spending.memory())
    print(f"\n{rounds * ROUND} documents, codes {sorted(map(str, codes))}, memory grew by {grown / 2**20:.1f} MiB")
    assert grown < max(MAY_GROW, 0.1 * (memory or 0))
