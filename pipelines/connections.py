"""The connections of the client: which address a name may lead to, and an end for those that take too long.

What belongs here: what only the socket knows. What does not: requests and answers (http.py), which hosts may be asked
by name (http.py, refresh.py).

A time limit of a socket holds for each read alone: a server that drips its headers, the sizes of its pieces or "100
Continue" a byte at a time would keep a night for hours. So a look at the clock runs beside a request and shuts its
socket when it is over. And a name says nothing of the address that it leads to: the one that was connected is looked at
before anything is sent, so that a name server cannot make us ask a machine of the operator's own network.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from pipelines.errors import FetchError

MayLead = Callable[[str], bool]
"""Whether a host, by name, may lead to a private address: the operator named it so."""


class Limit:
    """A time limit of one request; ``over`` once it has passed and the connection was shut."""

    def __init__(self) -> None:
        self.over = False


class Adapter(requests.adapters.HTTPAdapter):
    """Connects as requests does, with both guards."""

    def __init__(self, may_lead: MayLead) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._pools = _pools(self, may_lead)
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> PoolManager:
        """Return the pools of connections by a proxy, which looks names up itself."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager

    @contextmanager
    def limited(self, seconds: float) -> Generator[Limit]:
        """Shut the connections when the with block is not over in time; what reads from them then fails."""
        limit = Limit()

        def end() -> None:
            with self._lock:
                limit.over = True
                for held in self._open:
                    with suppress(OSError):
                        held.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield limit
        finally:
            timer.cancel()

    def opened(self, connection: socket.socket) -> socket.socket:
        """Hold on to a new connection by a number of our own, which TLS does not take over; return it."""
        held = connection.dup()
        with self._lock:
            self._open.add(held)
        return held

    def closed(self, held: socket.socket) -> None:
        """Let go of a connection."""
        with self._lock:
            self._open.discard(held)
        held.close()


def _pools(adapter: Adapter, may_lead: MayLead) -> dict[str, Any]:
    """Return the pools by scheme, whose connections tell the adapter of themselves."""

    class Guarded(HTTPConnection):
        scheme = "http"
        held: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            if self.proxy is None and not may_lead(self.host):
                address = str(made.getpeername()[0])
                if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                    made.close()
                    raise FetchError(
                        f"{self.scheme}://{self.host}",
                        f"the name leads to the private address {address}",
                        "a public address",
                        "Look at the name server of this machine",
                    )
            self.held = adapter.opened(made)
            return made

        def close(self) -> None:
            super().close()
            if self.held is not None:
                adapter.closed(self.held)
                self.held = None

    class GuardedTls(Guarded, HTTPSConnection):
        scheme = "https"

    class Pool(HTTPConnectionPool):
        ConnectionCls = Guarded  # pyright: ignore[reportAssignmentType] urllib3's own class does not fit either

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = GuardedTls  # pyright: ignore[reportAssignmentType]

    return {"http": Pool, "https": TlsPool}
