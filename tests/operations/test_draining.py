"""Draining over WebSockets: what is under way is answered, then it is told to connect elsewhere."""

import signal

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from api.serving import DATABASES, Api, Company, process, wait_until_alive
from api.subscribing import CHANGED, socket
from operations.asking import free_port, until_status

REGISTER = 'mutation { registerOwner(input: {name: "O", level: TEAM}) { position userErrors { code } } }'


async def test_a_command_under_way_is_answered_before_its_connection_is_closed(database: str) -> None:
    port, operations = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    DATABASES[url] = database
    settings = {"OKR_PORT": str(port), "OKR_OPERATIONS_PORT": str(operations)}
    with process("projector", database), process("api", database, **settings) as running:
        wait_until_alive(url)
        company = Company(Api(url))
        async with socket(url) as told:
            await told.subscribe(CHANGED, cycle=company.cycle)
            with psycopg.connect(database) as writers_wait:
                writers_wait.execute("LOCK TABLE okr.events IN SHARE MODE")
                await told.subscribe(REGISTER, number="2")
                await told.send(type="ping")
                assert await told.receive() == {"type": "pong"}  # what came before it has begun
                running.send_signal(signal.SIGTERM)
                until_status(f"http://127.0.0.1:{operations}", "/readyz", 503)
            answer = await told.receive()
            assert answer["id"] == "2"
            assert answer["payload"]["data"]["registerOwner"]["userErrors"] == []
            assert await told.receive() == {"id": "2", "type": "complete"}
            with pytest.raises(ConnectionClosed):
                await told.receive()
            assert told.connection.close_code == 1012
        assert running.wait(10) == 0
