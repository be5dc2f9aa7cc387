"""A server that takes whatever is sent to it and does nothing with it, so that only the client is measured.

Prints its base URL. Every create is answered with a new batch, every count of tokens with 500, every GET with an
empty page.
"""

from __future__ import annotations

import asyncio
from itertools import count

BATCH = (
    b'{"id":"msgbatch_01sink%04d","type":"message_batch","processing_status":"in_progress","request_counts":'
    b'{"processing":0,"succeeded":0,"errored":0,"canceled":0,"expired":0},"created_at":"2026-01-01T00:00:00Z"}'
)
TOKENS = b'{"input_tokens":500}'
PAGE = b'{"data":[],"has_more":false,"first_id":null,"last_id":null}'


numbers = count(1)


def body_of(head: bytes) -> bytes:
    if not head.startswith(b"POST"):
        return PAGE
    return TOKENS if b"count_tokens" in head.partition(b"\r\n")[0] else BATCH % next(numbers)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.lower().split(b"\r\n")
        length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
        if b"expect: 100-continue" in lines:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while length:
            length -= len(await reader.read(min(length, 1 << 20)))
        body = body_of(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await answer(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(keep, "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
