"""Wires between driver and node."""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from typing import Self


class Between(ABC):
    """Connections to `contact`, each of which is one to a node; with `context` it speaks TLS to the
    driver."""

    def __init__(self, contact: str, context: ssl.SSLContext | None = None) -> None:
        self._host, _, port = contact.rpartition(":")
        self._port = int(port)
        self._context = context
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.contact = ""

    @abstractmethod
    async def ask(
        self, reader: asyncio.StreamReader, node: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        """What comes from the driver goes to the node, or is answered to `writer`."""

    @abstractmethod
    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What comes from the node goes to the driver."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        port = self._server.sockets[0].getsockname()[1]
        self.contact = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
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
                self.ask(reader, node_writer, writer), self.answer(node_reader, writer)
            )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()
            self._tasks.discard(task)


class Proxy(Between):
    """Can be cut, or fall silent."""

    def __init__(self, contact: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(contact, context)
        self.silent = False
        """Requests arrive, answers are swallowed."""
        self.answering = asyncio.Event()
        """Cleared: answers are held back until it is set again."""
        self.answering.set()

    async def __aexit__(self, *exc: object) -> None:
        self.answering.set()
        await super().__aexit__(*exc)

    async def ask(
        self, reader: asyncio.StreamReader, node: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            node.write(data)
            await node.drain()
        node.transport.abort()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self.answering.wait()
            if not self.silent:
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
