"""Work that goes on beside the requests: begun with a process, ended with it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from adapters.base import Adapter
from adapters.protocols.file_drop import FileDrop


def watched(adapter: Adapter, stack: AsyncExitStack) -> Adapter:
    """Give the adapter back; where it lives on extracts, its folder is watched until the stack closes."""
    if isinstance(adapter, FileDrop):
        stack.push_async_callback(stop, asyncio.create_task(adapter.watch()))
    return adapter


async def stop(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended, however it does."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
