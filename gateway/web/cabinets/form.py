"""What a form sent: text fields and files, read once and within the deployment's limit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.faults import BodyInvalidError
from gateway.web.wire import read_bytes

MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form: text without spaces around it, several where a name came several times."""

    values: Mapping[str, tuple[str, ...]]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Give the first value of a field."""
        return self.values.get(name, (default,))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a field: boxes that were ticked."""
        return self.values.get(name, ())

    def file(self, name: str) -> bytes:
        """Give the content of a file; empty where none was chosen."""
        return self.files.get(name, b"")


async def read_form(request: Request, most: int) -> Form:
    """Read a form's body, urlencoded or multipart.

    Raises:
        BodyTooLargeError: more than `most` bytes.
        BodyInvalidError: not a form.
    """
    content = await read_bytes(request, most)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _multipart(request, content)
    try:
        pairs = parse_qsl(content.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BodyInvalidError("not-a-form") from None
    return Form(_gathered(pairs))


async def _multipart(request: Request, content: bytes) -> Form:
    async def once() -> AsyncGenerator[bytes, None]:
        yield content
        yield b""

    parser = MultiPartParser(
        request.headers, once(), max_files=5, max_fields=MOST_FIELDS, max_part_size=len(content) + 1
    )
    try:
        sent = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise BodyInvalidError("not-a-form") from None
    files = {name: await part.read() for name, part in sent.items() if isinstance(part, UploadFile)}
    texts = [(name, part) for name, part in sent.multi_items() if isinstance(part, str)]
    await sent.close()
    return Form(_gathered(texts), MappingProxyType(files))


def _gathered(pairs: list[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    gathered: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        gathered[name] = (*gathered.get(name, ()), value.strip())
    return MappingProxyType(gathered)
