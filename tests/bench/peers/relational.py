"""The organisation as plain tables: copied from what the service answers and from its facts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bench.measuring.client import answer, request
from bench.measuring.dataset import CYCLE, Organisation, objective_id
from bench.measuring.service import Service

FOLDER = Path(__file__).parent
DATABASE = "plain"
ALL = """query($cycle: ID!) { cascade(cycleId: $cycle, maxNodes: 1000000) { nodes { parentId item {
  ... on Objective { id title description commitment state visibility progress health owner { id level } cycle { id } }
  ... on KeyResult { id title weight current confidence progress health dueOn objective { id } }
} } } }"""
OBJECTIVE = ("id", "title", "description", "commitment", "state", "visibility", "progress", "health")
KEY_RESULT = ("id", "title", "weight", "current", "confidence", "progress", "health")
OF_OBJECTIVES = ("parent_id", "cycle_id", "owner_id", "level", "ord")
OF_KEY_RESULTS = ("due_on", "objective_id", "ord")
CHECK_IN = ("id", "key_result_id", "effective_at", "value", "confidence", "note")
CHECK_INS = """
SELECT check_in_id, key_result_id, effective_at, value, confidence, note FROM {}.check_ins WHERE valid_to IS NULL
"""


def copied(dsn: str, service: Service, plain: str, organisation: Organisation) -> None:
    """Make the plain tables in another, empty database of the same server."""
    print("copying the organisation into plain tables", flush=True)
    nodes = answer(service.port, request(ALL, {"cycle": str(CYCLE)}, service.token()))["cascade"]["nodes"]
    with psycopg.connect(dsn, autocommit=True) as source:
        source.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
        pointer = source.execute("SELECT number FROM okr.facts_pointer").fetchone()
        assert pointer is not None
        check_ins = source.execute(SQL(CHECK_INS).format(Identifier(f"okr_facts_{pointer[0]}"))).fetchall()
    with psycopg.connect(plain) as target:
        target.execute((FOLDER / "relational.sql").read_text())
        _copy(target, "objective", (*OBJECTIVE, *OF_OBJECTIVES), _objectives(nodes, organisation))
        _copy(target, "key_result", (*KEY_RESULT, *OF_KEY_RESULTS), _key_results(nodes))
        _copy(target, "check_in", CHECK_IN, check_ins)
        target.execute((FOLDER / "relational_links.sql").read_text())
    with psycopg.connect(plain, autocommit=True) as target:
        target.execute("VACUUM ANALYZE")


def _objectives(nodes: list[Any], organisation: Organisation) -> Iterable[tuple[Any, ...]]:
    created = {str(objective_id(number)): number for number in range(organisation.size)}
    for node in nodes:
        item = node["item"]
        if "owner" in item:
            owner = item["owner"]
            above = node["parentId"], item["cycle"]["id"], owner["id"], owner["level"], created[item["id"]]
            yield (*(item[name] for name in OBJECTIVE), *above)


def _key_results(nodes: list[Any]) -> Iterable[tuple[Any, ...]]:
    for place, node in enumerate(nodes):
        item = node["item"]
        if "weight" in item:
            yield (*(item[name] for name in KEY_RESULT), item["dueOn"], item["objective"]["id"], place)


def _copy(target: psycopg.Connection[Any], table: str, columns: tuple[str, ...], rows: Iterable[Any]) -> None:
    names = SQL(", ").join(map(Identifier, columns))
    with target.cursor().copy(SQL("COPY plain.{} ({}) FROM STDIN").format(Identifier(table), names)) as into:
        for row in rows:
            into.write_row(row)
