"""The FastAPI application: routers, and errors turned into problems."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from contracts.vocabulary import ObminError
from gateway.faults import BodyInvalidError, MethodError, NotFoundError
from gateway.web import cases, consents, contracts, history, operations, record, token
from gateway.web.edge import Edge
from gateway.web.gate import exchange_id_of, language_of
from gateway.web.problems import problem_of, respond
from gateway.web.wire import CaseBody, ConsentBody, HistoryBody, WithdrawalBody

log = structlog.get_logger()

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_application(
    lifespan: Lifespan, registry: CollectorRegistry, most_in_flight: Callable[[], int]
) -> tuple[FastAPI, ASGIApp]:
    """Put the routers together; give the application (its `state.gate` is set at start) and the edge."""
    app = FastAPI(
        title="Obmin",
        summary="Interagency data-exchange gateway for social services",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    for part in (token, history, cases, consents, contracts, record, operations):
        app.include_router(part.router)
    app.add_exception_handler(ObminError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(RequestValidationError, _refuse_parameters)
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app, Edge(app, most_in_flight, registry)


async def _refuse(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    log.info("request.refused", exchange_id=exchange_id_of(request), slug=problem.slug)
    places = error.places if isinstance(error, BodyInvalidError) else None
    return respond(problem, exchange_id_of(request), language_of(request.headers), places)


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return await _refuse(request, {404: NotFoundError(), 405: MethodError()}.get(status, error))


async def _refuse_parameters(request: Request, error: Exception) -> Response:
    # The framework's own answer would repeat the input.
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class alone
    places = [{"pointer": f"/{detail['loc'][-1]}", "code": detail["type"]} for detail in error.errors()]
    return await _refuse(request, BodyInvalidError("not-as-described", places))


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Add the models of the bodies, which `wire.parse` reads instead of the framework."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        models: Any = [
            (model, "validation") for model in (HistoryBody, CaseBody, ConsentBody, WithdrawalBody)
        ]
        _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(schemas["$defs"])
        return document

    return openapi
