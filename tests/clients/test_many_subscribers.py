"""The bench of live trees as a test: fewer subscribers for a shorter time, and nothing said about speed."""

from api.serving import Api, Company, served
from bench.live import played

SUBSCRIBERS, SECONDS = 50, 10


def test_every_subscriber_is_told_of_everything_once_and_in_order_through_a_kill(database: str) -> None:
    with served(database) as url:
        company = Company(Api(url))
        key_results = [company.key_result() for _ in range(5)]
    outcome = played(database, company.cycle, key_results, SUBSCRIBERS, SECONDS)
    assert outcome.faults() == []
    assert len(outcome.answered) == 100 * SECONDS
