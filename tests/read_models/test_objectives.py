"""Events in, rows of objectives out."""

from okr_api.domain.events import CycleCreated, DelegationAccepted, ObjectiveAligned, ObjectiveCreated
from okr_api.domain.values import Commitment, Text, Visibility
from read_models.facts import project, ranges, rows
from read_models.history import ANA, GROW, SALES, YEAR, History, named, said

QUARTER = named("Q1")


async def test_an_objective_keeps_what_it_was_created_with(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR))
    history.commit(said(CycleCreated, QUARTER, parent_id=YEAR))
    history.commit(
        said(
            ObjectiveCreated,
            GROW,
            cycle_id=QUARTER,
            draft=True,
            description=Text.typed("Say\twhy\n\\N"),
            commitment=Commitment.COMMITTED,
            visibility=Visibility.LINE,
            external_ref="jira-1",
            continues_from=SALES,
        )
    )
    await project(database, batch_events=1)
    (objective,) = await rows(database, "objectives")
    moment = objective["created_at"]
    assert objective == {
        "objective_id": GROW,
        "root_id": YEAR,
        "version": 1,
        "cycle_id": QUARTER,
        "owner_id": ANA,
        "title": "Grow",
        "description": "Say\twhy\n\\N",
        "external_ref": "jira-1",
        "visibility": "LINE",
        "state": "DRAFT",
        "state_before_retirement": None,
        "commitment": "COMMITTED",
        "continues_from": SALES,
        "created_at": moment,
        "updated_at": moment,
        "retitled_at": None,
        "created_position": 3,
        "valid_from": 3,
        "valid_to": None,
    }


async def test_every_event_on_its_stream_makes_a_version(database: str, history: History) -> None:
    history.commit(said(CycleCreated, YEAR), said(ObjectiveCreated, GROW))
    history.commit(said(ObjectiveAligned, GROW, target_id=SALES))
    history.commit(said(DelegationAccepted, GROW, key_result_id=SALES))
    await project(database)
    versions = await rows(database, "objectives")
    assert [version["version"] for version in versions] == [1, 2, 3]
    assert ranges(versions) == [(2, 3), (3, 4), (4, None)]
    assert {version["state"] for version in versions} == {"ACTIVE"}
