"""Tables: how the rows of each table of the facts are asked for and read: as JSON of their class."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from okr_api.snapshot.rows import (
    ApiKeyRow,
    CountingRow,
    CycleRow,
    IntegrationRow,
    KeyResultRow,
    LinkRow,
    ObjectiveRow,
    OwnerRow,
    WebhookRow,
)

Told = tuple[int, int | None, str]
"""valid_from, valid_to and the row as JSON."""

# Names of people are today's in every cut, so they are joined from beside the log. A team that has a login stands
# among the people too, but its name is an ordinary event.
OF_OWNERS = {
    "name": SQL("CASE WHEN fact.level = 'INDIVIDUAL' THEN p.name ELSE fact.name END"),
    "login": SQL("p.subject"),
}
PEOPLE = SQL("LEFT JOIN okr.people p ON p.id = fact.owner_id AND p.kind = 'OWNER'")
METRIC = SQL("""json_build_object('kind', fact.metric_kind, 'start', fact.metric_start, 'target', fact.metric_target,
    'limit', fact.metric_limit, 'inclusive', fact.metric_inclusive, 'unit', fact.metric_unit)""")


@dataclass(frozen=True)
class Table:
    """`told`: the fields of its class that are no columns of the same name."""

    name: str
    kind: Any
    told: dict[str, Composable]
    joined: Composable = field(default_factory=lambda: SQL(""))

    def select(self, schema: str, rows: Composable) -> Composed:
        """The rows for which `rows` holds, each as told."""
        return SQL("""
            SELECT {name}, fact.valid_from, fact.valid_to, row_to_json(told)::text
            FROM {table} fact {joined} CROSS JOIN LATERAL (SELECT {fields}) told WHERE {rows}
        """).format(
            name=Literal(self.name),
            table=Identifier(schema, self.name),
            joined=self.joined,
            fields=SQL(", ").join(self._field(name) for name in self.kind.__struct_fields__),
            rows=rows,
        )

    def _field(self, name: str) -> Composed:
        column = self.told.get(name, SQL("fact.{}").format(Identifier(name)))
        return SQL("{} AS {}").format(column, Identifier(name))

    def read(self, told: Sequence[Told]) -> list[Any]:
        """The rows as their class."""
        return self._decoder.decode_lines("\n".join([row[2] for row in told]))

    @property
    def _decoder(self) -> "msgspec.json.Decoder[Any]":
        return DECODERS[self.kind]


def _with_id(name: str, kind: Any, id_column: str, **told: Composable) -> Table:
    return Table(name, kind, {"id": SQL("fact.{}").format(Identifier(id_column)), **told})


OWNERS = Table("owners", OwnerRow, {"id": SQL("fact.owner_id"), **OF_OWNERS}, PEOPLE)
CYCLES = _with_id("cycles", CycleRow, "cycle_id")
OBJECTIVES = _with_id("objectives", ObjectiveRow, "objective_id")
KEY_RESULTS = _with_id("key_results", KeyResultRow, "key_result_id", metric=METRIC)
LINKS = Table("links", LinkRow, {})
COUNTING = Table("counting", CountingRow, {})
INTEGRATIONS = _with_id("integrations", IntegrationRow, "integration_id")
API_KEYS = _with_id("api_keys", ApiKeyRow, "key_id")
WEBHOOKS = _with_id("webhooks", WebhookRow, "webhook_id")

TABLES = (OWNERS, CYCLES, OBJECTIVES, KEY_RESULTS, LINKS, COUNTING, INTEGRATIONS, API_KEYS, WEBHOOKS)
DECODERS = {table.kind: msgspec.json.Decoder(table.kind) for table in TABLES}
