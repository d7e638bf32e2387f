"""CorrectCheckIn and RecordCheckIns: readings put right without being erased, and many in one commit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from examples import REVENUE, Company
from okr_api.access.policy import DEVELOPMENT
from okr_api.commands.check_ins import CorrectCheckIn, KeyResultRef, RecordCheckIn, RecordCheckIns
from okr_api.commands.key_results import RetireKR
from okr_api.domain.events import CheckInCorrected, CheckInRecorded, CheckInWithdrawn

D = Decimal
LAST_WEEK = datetime.now(UTC) - timedelta(days=7)


def of(kr: UUID, value: Any = 1, **fields: Any) -> RecordCheckIn:
    return RecordCheckIn(key_result=KeyResultRef(id=kr), value=D(value), **fields)


def batch(*items: RecordCheckIn) -> RecordCheckIns:
    return RecordCheckIns(items=items, command_ids=tuple(uuid5(DEVELOPMENT.id, f"key {n}") for n in range(len(items))))


async def test_a_correction_keeps_what_it_does_not_mention(company: Company) -> None:
    kr = await company.kr("Grow")
    old = await company.given(of(kr, 3, confidence=D("0.5"), note="signed", effective_at=LAST_WEEK, source="crm"))
    await company.when(CorrectCheckIn(check_in_id=old, value=D(4), note=None))
    new = company.new_events[0].originator_id
    company.then(
        (
            CheckInRecorded,
            {
                "value": D(4),
                "confidence": D("0.5"),
                "note": None,
                "effective_at": LAST_WEEK,
                "source": "crm",
                "corrects": old,
            },
        ),
        (CheckInCorrected, {"corrected_by": new}),
    )


async def test_what_was_true_when_it_was_recorded_stays_true_of_that_moment(company: Company) -> None:
    old = await company.checked_in(await company.kr("Grow"))
    company.application._cache._held.clear()  # as a process that did not write it has it from the log
    await company.when(CorrectCheckIn(check_in_id=old, value=D(4)))
    company.then((CheckInRecorded, {"effective_at": company.state(old).recorded_at}), (CheckInCorrected, {}))


async def test_a_check_in_moves_to_when_it_was_true(company: Company) -> None:
    old = await company.checked_in(await company.kr("Grow"))
    await company.when(CorrectCheckIn(check_in_id=old, effective_at=LAST_WEEK))
    company.then((CheckInRecorded, {"effective_at": LAST_WEEK}), (CheckInCorrected, {}))
    newest = company.new_events[0].originator_id
    await company.when(CorrectCheckIn(check_in_id=newest, effective_at=datetime.now(UTC) + timedelta(days=1)))
    company.refused("FUTURE_CHECK_IN effectiveAt")


async def test_only_the_newest_of_a_chain_is_corrected(company: Company) -> None:
    first = await company.checked_in(await company.kr("Grow"))
    second = await company.given(CorrectCheckIn(check_in_id=first, value=D(2)))
    for command in (CorrectCheckIn(check_in_id=first, value=D(3)), CorrectCheckIn(check_in_id=first, withdraw=True)):
        await company.when(command)
        company.refused("ALREADY_CORRECTED checkInId")
    await company.when(CorrectCheckIn(check_in_id=second, withdraw=True))
    company.then((CheckInWithdrawn, {}))
    await company.when(CorrectCheckIn(check_in_id=second))
    company.refused("ALREADY_CORRECTED checkInId")


async def test_a_correction_that_changes_nothing_writes_nothing(company: Company) -> None:
    old = await company.checked_in(await company.kr("Grow"), 1)
    for command in (CorrectCheckIn(check_in_id=old), CorrectCheckIn(check_in_id=old, value=D("1.0"))):
        await company.when(command)
        company.unchanged()


async def test_a_correction_that_cannot_be(company: Company) -> None:
    kr = await company.kr("Grow")
    old = await company.checked_in(kr)
    await company.when(CorrectCheckIn(check_in_id=uuid4(), value=D(1)))
    company.refused("NOT_FOUND checkInId")
    await company.when(CorrectCheckIn(check_in_id=old, value=D(1), withdraw=True))
    company.refused("WITHDRAWN_WITH_VALUES withdraw")
    await company.when(CorrectCheckIn(check_in_id=old, confidence=D(2), note="\0"))
    company.refused("OUT_OF_RANGE confidence", "TEXT_NOT_STORABLE note")
    await company.given(RetireKR(id=kr))
    await company.when(CorrectCheckIn(check_in_id=old, value=D(2)))
    company.refused("RETIRED checkInId")


async def test_a_batch_is_one_commit(company: Company) -> None:
    one, two = await company.kr("One"), await company.kr("Two")
    done = await company.when(batch(of(one, 1), of(two, 2), of(one, 3)))
    company.then((CheckInRecorded, {"value": D(1)}), (CheckInRecorded, {"value": D(2)}), (CheckInRecorded, {}))
    assert done is not None
    assert list(done.result) == ["0", "1", "2"]
    assert len({event.envelope.command_id for event in company.new_events}) == 1  # type: ignore[union-attr]


async def test_one_bad_item_refuses_the_batch_and_every_bad_item_is_told(company: Company) -> None:
    kr = await company.kr("Grow")
    bad = RecordCheckIn(key_result=KeyResultRef(external_ref="nobody"), value=D(1))
    await company.when(batch(of(kr), bad, of(kr, confidence=D(2), source=""), of(kr, reason="x" * 10_001)))
    company.refused(
        "NOT_FOUND items.1.keyResult.externalRef",
        "OUT_OF_RANGE items.2.confidence",
        "TEXT_EMPTY items.2.source",
        "TEXT_TOO_LONG items.3.reason",
    )


async def test_one_item_of_tomorrow_refuses_the_batch(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(batch(of(kr), of(kr, effective_at=datetime.now(UTC) + timedelta(days=1)), of(kr)))
    company.refused("FUTURE_CHECK_IN items.1.effectiveAt")


async def test_what_was_recorded_under_its_key_is_a_duplicate_in_every_later_batch(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.when(of(kr, 1), key="key 0")
    first = company.new_events[0].originator_id
    done = await company.when(batch(of(kr, 1), of(kr, 2)))
    company.then((CheckInRecorded, {"value": D(2)}))
    assert done is not None
    assert done.result["0"] == f"duplicate {first}"
    done = await company.when(batch(of(kr, 1), of(kr, 2)))
    company.unchanged()
    assert done is not None
    assert all(status.startswith("duplicate ") for status in done.result.values())
    await company.when(batch(of(kr, 1), of(kr, 7)))
    company.refused("IDEMPOTENCY_MISMATCH items.1.idempotencyKey")


async def test_the_current_value_is_not_recorded_again_when_that_is_asked(company: Company) -> None:
    kr = await company.kr("Grow")
    skip = of(kr, 5, skip_unchanged=True)
    await company.when(skip)
    company.then((CheckInRecorded, {}))
    await company.when(skip)
    company.unchanged()
    await company.when(of(kr, 5))
    company.then((CheckInRecorded, {}))


async def test_a_batch_that_goes_back_to_the_value_before_it_records_both(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.checked_in(kr, 5)
    await company.when(batch(*(of(kr, value, skip_unchanged=True) for value in (5, 6, 6, 5))))
    company.then((CheckInRecorded, {"value": D(6)}), (CheckInRecorded, {"value": D(5)}))


async def test_a_late_older_value_is_kept_with_when_it_was_true(company: Company) -> None:
    kr = await company.kr("Grow")
    await company.checked_in(kr, 5)
    await company.when(of(kr, 2, effective_at=LAST_WEEK))
    company.then((CheckInRecorded, {"value": D(2), "effective_at": LAST_WEEK}))
    await company.when(of(kr, 5, skip_unchanged=True))
    company.unchanged()


async def test_a_check_in_keeps_every_digit(company: Company) -> None:
    kr = await company.kr_of(await company.objective("O"), metric=REVENUE)
    exact = "0.1000000000000000055511151231257827"
    await company.when(of(kr, exact))
    company.then((CheckInRecorded, {"value": D(exact)}))
