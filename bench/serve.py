"""A server that has the results of one ended batch, so that downloading them can be measured.

    python bench/serve.py results.jsonl

Prints its base URL. Any batch asked for has ended, and its results are the file, as it is.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

BATCH = (
    '{"id":"msgbatch_bench","type":"message_batch","processing_status":"ended","request_counts":{"processing":0,'
    '"succeeded":%d,"errored":0,"canceled":0,"expired":0},"created_at":"2026-01-01T00:00:00Z",'
    '"ended_at":"2026-01-01T01:00:00Z","expires_at":"2026-01-02T00:00:00Z","archived_at":null,'
    '"cancel_initiated_at":null,"results_url":"%s/v1/messages/batches/msgbatch_bench/results"}'
)


async def main(path: Path) -> None:
    with path.open("rb") as file:
        rows = sum(1 for _ in file)
        size = file.tell()
    url = ""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\n")
                if head.split(b" ")[1].endswith(b"/results"):
                    writer.write(b"Content-Type: application/binary\r\nContent-Length: %d\r\n\r\n" % size)
                    with path.open("rb") as file:
                        await asyncio.get_running_loop().sendfile(writer.transport, file)
                else:
                    body = (BATCH % (rows, url)).encode()
                    writer.write(
                        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                    )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(url, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
