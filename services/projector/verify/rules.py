"""Invariant 5: no loop, nothing delegated twice, nothing changed in a closed cycle."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.sql import SQL

from projector.verify.finding import Finding, ask

# The facts were made a moment ago, and nobody has counted them: planned for empty tables, the questions take hours.
COUNT = "ANALYZE cycles, objectives, key_results, links, check_ins"
LIVE = """
WITH live_objectives AS (
    SELECT objective_id FROM objectives WHERE valid_to IS NULL AND state <> 'RETIRED'
), live_key_results AS (
    SELECT key_result_id, objective_id FROM key_results JOIN live_objectives USING (objective_id)
    WHERE valid_to IS NULL AND NOT retired
), live_links AS (
    SELECT kind, objective_id, target_id FROM links JOIN live_objectives USING (objective_id)
    WHERE valid_to IS NULL AND target_id IN (
        SELECT objective_id FROM live_objectives UNION ALL SELECT key_result_id FROM live_key_results)
)
"""
BELOW_AND_ABOVE = f"""{LIVE}
SELECT key_result_id, objective_id FROM live_key_results
UNION ALL SELECT objective_id, target_id FROM live_links
"""
QUESTIONS = (
    f"""{LIVE}
    SELECT format('objective %s is the delegate of several key results: %s',
                  objective_id, string_agg(target_id::text, ' and ' ORDER BY target_id))
    FROM live_links WHERE kind = 'DELEGATES' GROUP BY objective_id HAVING count(*) > 1 ORDER BY objective_id
    """,
    # A delegation that nobody ended is replaced only where its delegate was retired, lay in a closed cycle or goes on
    # in the new one.
    """
    SELECT format('key result %s was delegated to objective %s at position %s, while its delegation to %s stood',
                  later.target_id, later.objective_id, later.valid_from, former.objective_id)
    FROM links AS former
    JOIN links AS later ON later.kind = former.kind AND later.target_id = former.target_id
                       AND later.valid_from = former.valid_to
    JOIN objectives AS o ON o.objective_id = former.objective_id AND o.state <> 'RETIRED'
                        AND o.valid_from < later.valid_from AND (o.valid_to IS NULL OR o.valid_to >= later.valid_from)
    JOIN cycles AS c ON c.cycle_id = o.cycle_id AND c.state <> 'CLOSED'
                    AND c.valid_from < later.valid_from AND (c.valid_to IS NULL OR c.valid_to >= later.valid_from)
    WHERE former.kind = 'DELEGATES' AND NOT EXISTS (
        SELECT FROM okr.events e WHERE e.originator_id = former.target_id AND e.topic = 'KRUndelegated'
                                   AND e.commit_position = later.valid_from
    ) AND NOT EXISTS (
        SELECT FROM objectives n WHERE n.objective_id = later.objective_id AND n.continues_from = former.objective_id
    ) ORDER BY later.valid_from
    """,
    # A version of a row that has its entity's former version tells of a reference that went elsewhere.
    """
    WITH homes AS (
        SELECT objective_id, cycle_id FROM objectives WHERE valid_to IS NULL
    ), written AS (
        SELECT 'objective' AS what, objective_id AS id, cycle_id, min(valid_from) AS position
        FROM objectives GROUP BY objective_id, cycle_id, version
        UNION ALL
        SELECT 'key result', key_result_id, cycle_id, min(valid_from)
        FROM key_results JOIN homes USING (objective_id) GROUP BY key_result_id, cycle_id, version
        UNION ALL
        SELECT 'check-in', check_in_id, cycle_id, i.valid_from
        FROM check_ins i JOIN key_results k USING (key_result_id) JOIN homes USING (objective_id)
        WHERE k.valid_from <= i.valid_from AND (k.valid_to IS NULL OR i.valid_from < k.valid_to)
    )
    SELECT format('%s %s was written at position %s, after its cycle %s was closed at position %s',
                  what, id, position, c.cycle_id, c.valid_from)
    FROM written JOIN cycles c ON c.cycle_id = written.cycle_id AND c.state = 'CLOSED'
                              AND position > c.valid_from AND (c.valid_to IS NULL OR position < c.valid_to)
    ORDER BY position
    """,
)


async def check_rules(connection: AsyncConnection[Any]) -> list[Finding]:
    """What breaks the rules in the facts of this connection's schema."""
    await connection.execute(COUNT)
    cursor = await connection.execute(SQL(BELOW_AND_ABOVE))
    loops = [Finding(5, message) for message in _loops(await cursor.fetchall())]
    return loops + await ask(connection, 5, QUESTIONS)


def _loops(edges: list[tuple[UUID, UUID]]) -> Iterator[str]:
    above: dict[UUID, list[UUID]] = {}
    for lower, upper in edges:
        above.setdefault(lower, []).append(upper)
    try:
        TopologicalSorter(above).prepare()
    except CycleError as error:
        yield f"a loop of links: {' > '.join(map(str, reversed(error.args[1])))}"
