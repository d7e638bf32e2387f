"""A restore: base backup and archived log give the database as it was at a moment, and `okr verify` proves it."""

import asyncio
import json
from pathlib import Path
from subprocess import CompletedProcess

import psycopg

from deploy.archives import archiving
from failover.clusters import Cluster
from faults.reporting import CHECK_IN, key_result
from faults.service import Client, Service, running
from okr_api.cli.serving import prepare

HEAD = "{ logHead { position hash } }"
RECORDED = "SELECT last_position FROM okr.commands WHERE name = 'RecordCheckIn' ORDER BY 1"


async def report(client: Client, kr: str, keys: range) -> list[int]:
    """The positions of check-ins, each acknowledged before the next is sent."""
    positions = []
    for key in keys:
        answer = (await client.ask(CHECK_IN, kr=kr, value=str(key), key=f"check-in {key}"))["recordCheckIn"]
        assert answer["userErrors"] == []
        positions.append(int(answer["position"]))
    return positions


def recorded(cluster: Cluster) -> list[int]:
    with psycopg.connect(cluster.dsn) as connection:
        return [position for (position,) in connection.execute(RECORDED)]


def done(ran: CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


async def test_what_was_acknowledged_before_the_moment_is_there_and_nothing_after(tmp_path: Path) -> None:
    with archiving() as archive:
        prepare(archive.cluster.dsn)
        with running(archive.cluster.dsn, tmp_path) as service:
            client = service.client()
            kr = await key_result(client)
            before = await report(client, kr, range(20))
            # A hot backup: the service goes on writing meanwhile.
            backup = asyncio.create_task(asyncio.to_thread(archive.back_up))
            while not backup.done():
                before += await report(client, kr, range(len(before), len(before) + 5))
            await backup
            before += await report(client, kr, range(len(before), len(before) + 20))
            head = (await client.ask(HEAD))["logHead"]
            moment = archive.moment()
            after = await report(client, kr, range(len(before), len(before) + 20))
            await client.close()
        archive.finish_segment()
        assert recorded(archive.cluster) == before + after

        archive.restore(moment)
        assert recorded(archive.restored) == before
        await assert_whole(Service(archive.restored.dsn, tmp_path), f"{head['position']}:{head['hash']}")
        await assert_it_goes_on(archive.restored, tmp_path, kr, before)


async def assert_whole(service: Service, head: str) -> None:
    """What the runbook does; the facts may have been behind at that moment, so they are made anew first."""
    done(service.okr("migrate", "--check", "--wait", "30"))
    done(service.okr("rebuild", "--rate", "0"))
    verified = json.loads(done(service.okr("verify", "--head", head, "--json")).splitlines()[-1])
    assert verified == {"clean": True, "findings": [], "proves": f"authenticity up to position {head.split(':')[0]}"}


async def assert_it_goes_on(cluster: Cluster, folder: Path, kr: str, before: list[int]) -> None:
    """What was acknowledged after the moment is unknown now: sent again it is new, and what was before is not."""
    with running(cluster.dsn, folder) as service:
        client = service.client()
        assert await report(client, kr, range(1)) == before[:1]
        assert (await report(client, kr, range(len(before), len(before) + 1)))[0] > before[-1]
        await client.close()
