"""The schema is a promise: exported, described, and in the names of the contract."""

from graphql import build_schema

from okr_api.graphql.schema import SCHEMA, exported
from okr_api.settings import SCHEMA_DIR

BUILT_IN = {"Int", "Float", "String", "Boolean", "ID"}


def test_the_exported_schema_is_the_one_that_is_served() -> None:
    stored = (SCHEMA_DIR / "okr.graphql").read_text()
    assert stored == exported(), "stale: python -m okr_api.graphql.schema > schema/okr.graphql"
    build_schema(stored)


def test_everything_in_it_is_described() -> None:
    bare = []
    for name, kind in SCHEMA.type_map.items():
        if name in BUILT_IN or name.startswith("__"):
            continue
        parts = {name: kind}
        for field_name, field in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}.items():
            parts[f"{name}.{field_name}"] = field
            parts |= {f"{name}.{field_name}({a})": argument for a, argument in getattr(field, "args", {}).items()}
        bare += [place for place, part in parts.items() if not part.description]
    assert bare == []


def test_there_is_a_mutation_for_each_command() -> None:
    assert SCHEMA.mutation_type
    assert sorted(SCHEMA.mutation_type.fields) == [
        "activateObjective",
        "addKR",
        "alignObjective",
        "beginClosingCycle",
        "carryOverObjective",
        "closeCycle",
        "correctCheckIn",
        "createCycle",
        "createIntegration",
        "createObjective",
        "createObjectives",
        "createWebhook",
        "deactivateOwner",
        "delegateKR",
        "deleteWebhook",
        "editCycle",
        "editIntegration",
        "editKR",
        "editObjective",
        "editOwner",
        "editWebhook",
        "erasePerson",
        "issueApiKey",
        "moveKR",
        "moveOwner",
        "openCycle",
        "reassignKR",
        "recordCheckIn",
        "recordCheckIns",
        "registerOwner",
        "reopenCycle",
        "replayWebhook",
        "restoreKR",
        "restoreObjective",
        "retargetKR",
        "retireKR",
        "retireObjective",
        "revokeApiKey",
        "rotateWebhookSecret",
        "scoreKR",
        "transferOwnership",
        "unalignObjective",
        "undelegateKR",
    ]


def test_whoever_reads_a_tree_switches_over_three_types() -> None:
    assert [member.name for member in SCHEMA.type_map["OKR"].types] == ["Objective", "KeyResult", "Redacted"]  # type: ignore[attr-defined]
