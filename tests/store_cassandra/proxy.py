"""A wire between driver and node that can be cut, or fall silent."""

from __future__ import annotations

import asyncio
import ssl


class Proxy:
    """Forwards to `contact`; with `context` it speaks TLS to the driver."""

    def __init__(self, contact: str, context: ssl.SSLContext | None = None) -> None:
        self._host, _, port = contact.rpartition(":")
        self._port = int(port)
        self._context = context
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.silent = False
        """Requests arrive, answers are swallowed."""
        self.answering = asyncio.Event()
        """Cleared: answers are held back until it is set again."""
        self.answering.set()
        self.contact = ""

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        port = self._server.sockets[0].getsockname()[1]
        self.contact = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.answering.set()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """All connections break off; new ones are taken."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        node_reader, node_writer = await asyncio.open_connection(self._host, self._port)
        pair = {writer, node_writer}
        self._writers |= pair
        try:
            await asyncio.gather(
                self._pump(reader, node_writer, answers=False),
                self._pump(node_reader, writer, answers=True),
            )
        except OSError:
            pass
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()
            self._tasks.discard(task)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while data := await reader.read(65536):
            if answers:
                await self.answering.wait()
            if not (answers and self.silent):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
