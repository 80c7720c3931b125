"""Structured logs with an allow-list of keys: what is not on the list cannot be said.

Events are dotted constants (`source.answered`); personal data has no key here, so it has no way in.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "exception",
        "exchange_id", "agency", "purpose", "source", "sources", "status", "reason", "code", "slug",
        "took_ms", "count", "size", "index", "version", "method", "route", "state", "path", "kind", "url",
    }
)  # fmt: skip


def configure_logs(level: str, stream: TextIO | None = None, *, for_ever: bool = False) -> None:
    """Send JSON lines to `stream` (standard error by default); library loggers only from WARNING on.

    `for_ever` says that this process will not configure them again, which makes each line cheaper.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Local variables would print the person: tracebacks carry file, line and class alone.
            structlog.processors.ExceptionRenderer(_bare_traceback),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=for_ever,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream or sys.stderr, force=True)
    for noisy in ("zeep", "httpx", "httpcore", "aiohttp", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def keep_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop every key that is not allowed, and say how many were dropped."""
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    if dropped := len(event) - len(kept):
        kept["count"] = dropped
    return kept


def _bare_traceback(exc_info: ExcInfo) -> str:
    """Name the error's class and the places it passed; its message may hold values and stays out."""
    kind, _, trace = exc_info
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return f"{kind.__name__} at {' > '.join(places)}"
