"""A REST service built with FastAPI, as its tutorial has it: models, a bearer token, `detail` for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel


class Asked(BaseModel):
    """Whom it is about."""

    rnokpp: str


class Address(BaseModel):
    """Where somebody lives."""

    city: str
    flat: int | None = None


class Patient(BaseModel):
    """What the service tells of a person."""

    rnokpp: str
    last_name: str
    first_name: str
    birth_date: date
    status: Literal["ACTIVE", "LEFT"]
    address: Address
    visits: list[date] = []
    insured: bool | None = None


def application(people: Mapping[str, Any]) -> FastAPI:
    """Give the service, holding these people by their number."""
    app = FastAPI(title="Clinics")

    @app.post("/patients/search", operation_id="find_patient")
    async def find_patient(asked: Asked, authorization: Annotated[str, Header()] = "") -> Patient:
        if authorization != "Bearer key":
            raise HTTPException(401, "Not authenticated")
        if asked.rnokpp not in people:
            raise HTTPException(404, "No such patient")
        return Patient(**people[asked.rnokpp])

    # As the tutorial's security scheme would write it into the document.
    described = app.openapi()
    described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return app
