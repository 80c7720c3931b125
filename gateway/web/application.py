"""The FastAPI application: routers, and errors turned into problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from contracts.vocabulary import ObminError
from gateway.faults import BodyInvalidError, MethodError, NotFoundError
from gateway.offers.form import OfferBody
from gateway.web import (
    appeals,
    approvals,
    assessments,
    cases,
    consent_requests,
    consents,
    contracts,
    contributions,
    corrections,
    deliveries,
    emergencies,
    endpoints,
    exports,
    fhir,
    finding,
    history,
    messages,
    offers,
    operations,
    oversight,
    partners,
    people,
    places,
    promises,
    protections,
    recalls,
    record,
    referrals,
    reports,
    schemas,
    statements,
    subscriptions,
    token,
    unsealings,
)
from gateway.web.cabinets.refusals import is_page, refusal_page
from gateway.web.cabinets.rooms import ROOMS
from gateway.web.edge import Edge
from gateway.web.facades.routers import FACADE_BODIES, FACADES
from gateway.web.gate import exchange_id_of, language_of
from gateway.web.problems import problem_of, refuse
from gateway.web.subscriptions import SubscribeBody
from gateway.web.wire import Body

log = structlog.get_logger()

PARTS = (
    token,
    history,
    assessments,
    cases,
    consents,
    consent_requests,
    approvals,
    recalls,
    emergencies,
    contracts,
    corrections,
    referrals,
    contributions,
    fhir,
    subscriptions,
    deliveries,
    finding,
    promises,
    reports,
    offers,
    partners,
    endpoints,
    messages,
    schemas,
    record,
    exports,
    oversight,
    unsealings,
    people,
    protections,
    statements,
    appeals,
    places,
    operations,
    *FACADES,
    *ROOMS,
)
ROUTES = tuple(route for part in PARTS for route in part.router.routes)
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
        redirect_slashes=False,  # an address is right or unknown: nobody's query is sent round twice
        redoc_url=None,
    )
    for part in PARTS:
        app.include_router(part.router)
    app.add_exception_handler(ObminError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(RequestValidationError, _refuse_parameters)
    app.add_exception_handler(Exception, _refuse)  # else the framework says it in words of its own
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app, Edge(app, most_in_flight, registry)


async def _refuse(request: Request, error: Exception) -> Response:
    log.info("request.refused", exchange_id=exchange_id_of(request), slug=problem_of(error).slug)
    if is_page(request.url.path):
        return refusal_page(request, error)
    return refuse(error, exchange_id_of(request), language_of(request.headers))


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class alone
    refusals = {404: NotFoundError(), 405: MethodError()}
    response = await _refuse(request, refusals.get(error.status_code, error))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """Name every method of this address (RFC 9110 §15.5.6); the framework's error knows the first route's."""
    here = [each for each in ROUTES if each.matches(request.scope)[0] is not Match.NONE]
    return {method for each in here if isinstance(each, Route) for method in each.methods or ()}


async def _refuse_parameters(request: Request, error: Exception) -> Response:
    # The framework's own answer would repeat the input.
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class alone
    if any(detail["loc"][0] == "path" for detail in error.errors()):
        return await _refuse(request, NotFoundError())
    places = [{"pointer": f"/{detail['loc'][-1]}", "code": detail["type"]} for detail in error.errors()]
    return await _refuse(request, BodyInvalidError("not-as-described", places))


def _bodies(kind: type[Body]) -> Iterator[type[Body]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _bodies(narrower)


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Add the models of the bodies, which `wire.parse` reads instead of the framework."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        document = generated()
        models: Any = [
            (model, "validation") for model in (OfferBody, SubscribeBody, *FACADE_BODIES, *_bodies(Body))
        ]
        _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components.update(schemas["$defs"])
        return document

    return openapi
