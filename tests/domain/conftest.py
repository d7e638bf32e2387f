"""A company for the rules to be tried on."""

import pytest

from examples import Company


@pytest.fixture
async def company() -> Company:
    return await Company().founded()
