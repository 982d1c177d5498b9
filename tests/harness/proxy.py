"""A proxy that lets SOAP traffic through unchanged and holds every answer against the official schemas."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, DummyCookieJar, web
from lxml import etree
from tests.contract.schemas import official_schemas

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Exchange:
    """One request with its answer."""

    path: str
    request: bytes
    status: int
    answer: bytes
    content_type: str

    def problems(self) -> list[str]:
        """What the official schemas say against the answer."""
        if not self.content_type.startswith("application/soap+xml"):
            return []
        schemas = official_schemas()
        try:
            found = schemas.validate_pair(self.request, self.answer)
        except (etree.XMLSyntaxError, AttributeError):
            found = schemas.validate(self.answer)
        return [f"{problem}\n{self.request.decode(errors='replace')}\n{self.answer.decode()}" for problem in found]


@dataclass
class RecordingProxy:
    """Listens on loopback and forwards to `upstream`, keeping what passed. Runs in a thread of its own."""

    upstream: str
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def problems(self) -> list[str]:
        """What is wrong with the answers since this was asked last."""
        passed, self.exchanges = self.exchanges, []
        return [problem for exchange in passed for problem in exchange.problems()]

    def start(self) -> RecordingProxy:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _serve(self) -> None:
        self._client = ClientSession(auto_decompress=False, cookie_jar=DummyCookieJar())
        self._runner = web.ServerRunner(web.Server(self._forward, auto_decompress=False))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _forward(self, request: web.BaseRequest) -> web.Response:
        try:
            return await self._pass_on(request, await request.read())
        except ClientError as error:
            return web.Response(status=502, text=str(error))

    async def _pass_on(self, request: web.BaseRequest, body: bytes) -> web.Response:
        async with self._client.request(
            request.method, self.upstream + request.raw_path, data=body, headers=request.headers, allow_redirects=False
        ) as answer:
            payload = await answer.read()
            content_type = answer.headers.get("Content-Type", "")
            self.exchanges.append(Exchange(request.path, body, answer.status, payload, content_type))
            response = web.Response(status=answer.status, body=payload)
            response.headers.pop("Content-Type", None)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    response.headers.add(name, value)
            return response
