"""The local address of the API: free before it starts, answering once it has."""

import http.client
import socket
import time
from dataclasses import dataclass

from okr_api.settings import CannotStart

HOST = "127.0.0.1"
PATIENCE = 30.0


@dataclass(frozen=True)
class Address:
    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def refuse_taken(self) -> None:
        """Raise CannotStart unless this process could listen on the port."""
        with socket.socket() as door:
            # Connections of an API that has just stopped may linger; they are no reason to refuse.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((HOST, self.port))
                door.listen()
            except OSError as error:
                raise CannotStart(f"port {self.port}: {error.strerror}; choose another with --port") from None

    def wait_until_alive(self) -> None:
        """Return once GET /livez answers 200. Raises CannotStart after PATIENCE seconds."""
        deadline = time.monotonic() + PATIENCE
        while not self._is_alive():
            if time.monotonic() > deadline:
                raise CannotStart(f"the API did not answer on {self.url} within {PATIENCE:.0f} s: see the lines above")
            time.sleep(0.05)

    def _is_alive(self) -> bool:
        # Not urllib, which would ask the proxy that the environment names.
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
