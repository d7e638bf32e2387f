"""The history of a company, read back: pages, entities and whole commits, of what may be seen."""

from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from okr_api.commands.delegation import DelegateKR, Delegation
from okr_api.commands.objectives import EditObjective
from okr_api.snapshot.audit import AuditEvents, AuditRow, AuditWhere
from okr_api.snapshot.snapshot import Snapshot
from snapshot.conftest import Organisation

NONE: frozenset[UUID] = frozenset()


async def all_pages(audit: AuditEvents, snapshot: Snapshot, where: AuditWhere, size: int) -> list[AuditRow]:
    found: list[AuditRow] = []
    after, more = None, True
    while more:
        page = await audit.page(snapshot, where, size, after)
        found += page.rows
        after, more = (page.cursors[-1] if page.cursors else None), page.has_next
    assert len(found) == await page.total()
    return found


async def test_pages_go_back_to_the_beginning_each_event_once(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    snapshot, audit = await organisation.read(), AuditEvents(pool)
    for size in (1, 3, 200):
        positions = [row.position for row in await all_pages(audit, snapshot, AuditWhere(), size)]
        assert positions == list(range(snapshot.position, 0, -1))


async def test_a_snapshot_knows_no_later_event(organisation: Organisation, pool: AsyncConnectionPool[Any]) -> None:
    o, audit = organisation, AuditEvents(pool)
    objective = await o.objective("Grow")
    before = await o.read()
    await o.given(EditObjective(id=objective, title="Again"))
    after = await o.read()
    where = AuditWhere(entity_ids=[objective], types=["ObjectiveRetitled"])
    assert await all_pages(audit, before, where, 5) == []
    (row,) = await all_pages(audit, after, where, 5)
    (change,) = row.changes
    assert (change.field, change.before, change.after) == ("title", "Grow", "Again")
    assert await audit.one(before, row.position, NONE) is None
    assert await audit.one(after, row.position, NONE) == row
    assert await audit.hash_at(before) != await audit.hash_at(after) == row.hash


async def test_what_is_hidden_is_on_no_page_and_in_no_commit(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    o, audit = organisation, AuditEvents(pool)
    shown, hidden = await o.objective("Shown"), await o.objective("Hidden")
    snapshot = await o.read()
    where = AuditWhere(frozenset({hidden}))
    subjects = {row.subject_id for row in await all_pages(audit, snapshot, where, 2)}
    assert shown in subjects
    assert hidden not in subjects
    commits = await audit.commits(snapshot, 0, snapshot.position, 1000, where)
    assert hidden not in {row.subject_id for commit in commits for row in commit}
    assert await audit.of_entities(snapshot, [hidden], 0, snapshot.position, where.hidden) == {}


async def test_the_events_of_an_entity_between_two_positions_come_oldest_first(
    organisation: Organisation, pool: AsyncConnectionPool[Any]
) -> None:
    o, audit = organisation, AuditEvents(pool)
    objective = await o.objective("Grow")
    begun = await o.read()
    for title in ("One", "Two"):
        await o.given(EditObjective(id=objective, title=title))
    snapshot = await o.read()
    found = await audit.of_entities(snapshot, [objective], begun.position, snapshot.position, NONE)
    assert [row.data["title"] for row in found[objective]] == ["One", "Two"]


async def test_commits_come_whole_and_in_order(organisation: Organisation, pool: AsyncConnectionPool[Any]) -> None:
    o, audit = organisation, AuditEvents(pool)
    result = await o.kr_of(await o.objective("Grow"))
    await o.given(DelegateKR(key_result_id=result, to=Delegation(to_owner_id=o.vp)))
    snapshot = await o.read()
    delegate_of = snapshot.key_results[result].delegate
    assert delegate_of
    delegate = delegate_of.objective.id
    cycle = snapshot.objectives[delegate].row.cycle_id
    where = AuditWhere(cycle_ids=[cycle], types=["KRDelegated"])
    (commit,) = await audit.commits(snapshot, 0, snapshot.position, 10, where)
    assert {"KRDelegated", "ObjectiveCreated"} <= {row.type for row in commit}
    assert [row.position for row in commit] == sorted(row.position for row in commit)
    assert {row.commit_position for row in commit} == {commit[-1].position}
    (told,) = (row for row in commit if row.type == "KRDelegated")
    assert set(told.entity_ids) == {result, snapshot.key_results[result].row.objective_id, delegate}
