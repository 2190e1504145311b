"""Files as answers, sent piece by piece, so that no file is ever held in memory."""

import asyncio
import os
from typing import IO, Final

from sanic import Request

from tripkit.server.answer import Answer

PIECE: Final = 256 * 1024


async def send(request: Request, file: IO[bytes], name: str, content_type: str) -> None:
    """Answer with what is in `file`, to be saved as `name`, which is of ASCII letters, digits, dots and hyphens."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    headers = {"content-length": str(size), "content-disposition": f'attachment; filename="{name}"'}
    response = await request.respond(Answer(b"", 200, headers, content_type))
    while request.method != "HEAD" and (piece := await asyncio.to_thread(file.read, PIECE)):
        await response.send(piece)
