"""Every case of a fault once: nothing acknowledged is lost, nothing is written twice, nothing is read wrong."""

import os
import sys
from random import randrange

import pytest

from faults.case import NotHere, all_cases, played

ENOUGH = 40
"""Commands before and after what breaks: the report has more."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.mark.parametrize("name", list(all_cases()))
async def test_nothing_is_lost_doubled_or_read_wrong(name: str) -> None:
    seed = int(os.environ.get("OKR_FAULTS_SEED") or randrange(10**9))
    print(f"OKR_FAULTS_SEED={seed}")
    try:
        outcome = await played(name, seed, ENOUGH)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert outcome.clean, outcome
    assert outcome.acknowledged > 2 * ENOUGH
