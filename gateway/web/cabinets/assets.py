"""Style, script and mark of the cabinets: read and compressed once, kept a year beneath their digest."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import NotFoundError

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "static"
TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
    }
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    plain: bytes
    compressed: bytes
    type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files, beneath one digest: whichever of them changes, every address does."""

    digest: str
    files: Mapping[str, Asset]

    def address(self, name: str) -> str:
        """Give the address of a file; one that is not there is a mistake of the template's."""
        if name not in self.files:
            raise KeyError(name)
        return f"/assets/{self.digest}/{name}"


@cache
def load_assets() -> Assets:
    """Read the files that are shipped."""
    whole, files = hashlib.sha256(), {}
    for file in sorted(FOLDER.iterdir()):
        content = file.read_bytes()
        whole.update(file.name.encode() + content)
        files[file.name] = Asset(content, gzip.compress(content, 9, mtime=0), TYPES[file.suffix])
    return Assets(whole.hexdigest()[:16], MappingProxyType(files))


@router.get("/assets/{digest}/{name}")
async def asset(request: Request, digest: str, name: str) -> Response:
    """Give a file. An older digest is unknown: nobody gets another file than the page meant."""
    assets = load_assets()
    found = assets.files.get(name)
    if digest != assets.digest or found is None:
        raise NotFoundError
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            found.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.type
        )
    return Response(found.plain, headers=headers, media_type=found.type)
