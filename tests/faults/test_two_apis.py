"""Two API processes on one database: what one of them wrote, the other one reads."""

import asyncio
from pathlib import Path

from faults.reporting import CHECK_IN, key_result
from faults.service import running

CURRENT = "query($kr: ID!) { keyResult(id: $kr) { current } }"


async def test_what_one_api_writes_another_one_reads_at_its_position(database: str, tmp_path: Path) -> None:
    with running(database, tmp_path, apis=2) as service:
        first = service.client(0)
        krs = [await key_result(first) for _ in range(8)]

        async def agreeing(kr: str) -> int:
            writer, reader = service.client(0), service.client(1)
            agreed = 0
            for turn in range(125):
                written = await writer.ask(CHECK_IN, kr=kr, value=str(turn), key=f"{kr} {turn}")
                read = await reader.ask(CURRENT, at_least=written["recordCheckIn"]["position"], kr=kr)
                agreed += read["keyResult"]["current"] == str(turn)
            await writer.close()
            await reader.close()
            return agreed

        assert sum(await asyncio.gather(*(agreeing(kr) for kr in krs))) == 1000
        await first.close()
