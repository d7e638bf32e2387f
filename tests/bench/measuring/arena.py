"""The arena of the read benches: our service and both PostGraphile on one organisation, ready to take turns."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.measuring import writing
from bench.measuring.dataset import Organisation, key_result_id
from bench.measuring.rounds import Contender
from bench.measuring.service import NOTE, cluster, filled, served
from bench.peers.packages import Missing
from bench.peers.postgraphile import NAMES, postgraphile
from bench.peers.relational import DATABASE, copied


@contextmanager
def arena(organisation: Organisation) -> Iterator[tuple[str, list[Contender]]]:
    """The token for ours, then the contenders: ours first, then the peers that can be had here."""
    leaves = [key_result_id(kr) for kr in organisation.measured]
    with ExitStack() as running:
        server = running.enter_context(cluster())
        filled(server.dsn(), organisation)
        service = running.enter_context(served(server.dsn()))
        copied(server.dsn(), service, server.dsn(DATABASE), organisation)
        ours = running.enter_context(writing.Writer(writing.into_the_log, server.dsn(), leaves))
        theirs = running.enter_context(writing.Writer(writing.into_tables, server.dsn(DATABASE), leaves))
        contenders = [Contender("okr", service.port, service.pids, server.pid, writer=ours)]
        for name in NAMES:
            try:
                port, pid = running.enter_context(postgraphile(name, server.dsn(DATABASE)))
            except Missing as missing:
                print(f"{name} is missing: {missing}", flush=True)
                continue
            contenders.append(Contender(name, port, [pid], server.pid, writer=theirs))
        print(NOTE, flush=True)
        yield service.token(), contenders
