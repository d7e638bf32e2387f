"""State: what an API process holds, and how much waits in it, read when somebody asks."""

from collections.abc import Iterator, Sequence

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from okr_api.event_log.connections import Pool
from okr_api.event_log.group_commit import GroupCommit
from okr_api.graphql.context import Service


class State:
    """`pools`: all that the process reads the database by."""

    def __init__(self, service: Service, group_commit: GroupCommit, pools: Sequence[Pool]) -> None:
        self._service = service
        self._group_commit = group_commit
        self._pools = pools

    def collect(self) -> Iterator[Metric]:
        yield from self._snapshot()
        yield from self._requests()
        yield from self._database()

    def _snapshot(self) -> Iterator[Metric]:
        live = self._service.live
        snapshot = live.snapshot
        yield gauge("okr_snapshot_position", "Position in the log of what is shown.", snapshot.position)
        yield gauge("okr_log_position", "Last position of the log, when the database last answered.", live.log_position)
        yield gauge(
            "okr_snapshot_age_seconds",
            "Seconds since the database last told what is shown; 0 while it answers.",
            live.age or 0.0,
        )
        nodes = GaugeMetricFamily("okr_snapshot_nodes", "Nodes in memory, by kind.", labels=["kind"])
        nodes.add_metric(["objective"], len(snapshot.objectives))
        nodes.add_metric(["key_result"], len(snapshot.key_results))
        yield nodes

    def _requests(self) -> Iterator[Metric]:
        service = self._service
        yield gauge("okr_requests_under_way", "Requests that are being answered.", service.crowd.size)
        yield gauge("okr_connections_open", "WebSockets and event streams.", service.connected.size)
        yield gauge("okr_subscribers", "Subscriptions that are told what happens.", service.channels.subscribers)

    def _database(self) -> Iterator[Metric]:
        commit = self._group_commit
        yield gauge("okr_append_queue_requests", "Commands that wait to be written to the log.", commit.waiting)
        yield gauge("okr_append_queue_limit_requests", "Commands that may wait for the log.", commit.queue_limit)
        connections = GaugeMetricFamily(
            "okr_database_connections", "Connections to the database, by pool and state.", labels=["pool", "state"]
        )
        waiting = GaugeMetricFamily(
            "okr_database_waiting_requests", "Requests that wait for a connection, by pool.", labels=["pool"]
        )
        for pool in self._pools:
            told = pool.get_stats()
            idle = told["pool_available"]
            connections.add_metric([pool.name, "idle"], idle)
            connections.add_metric([pool.name, "used"], told["pool_size"] - idle)
            waiting.add_metric([pool.name], told["requests_waiting"])
        yield connections
        yield waiting


def gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value)
