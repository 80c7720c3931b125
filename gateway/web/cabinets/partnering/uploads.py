"""Many offers in one file: sent, watched, and what is wrong in which row."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.faults import BodyInvalidError
from gateway.offers.form import OfferBody
from gateway.offers.sheets import write_csv
from gateway.storage.engine import now
from gateway.web.cabinets.partnering.desk import at_desk
from gateway.web.cabinets.partnering.words import FAULTS, UNKNOWN_FAULT, faults_of
from gateway.web.cabinets.shell import SignedIn, form_of, page, see_other
from gateway.web.offers import LARGEST_UPLOAD, take_file

router = APIRouter(include_in_schema=False)
FAULTS_SHOWN = 200


@router.get("/cabinet/partnering/upload")
async def upload(request: Request) -> Response:
    """Show where a file is chosen, and what has to be in it."""
    _, who = await at_desk(request)
    return _chooser(request, who, "")


@router.post("/cabinet/partnering/upload")
async def send(request: Request) -> Response:
    """Take a file; whatever it is, the next page tells how far it has come or what is wrong."""
    gate, who = await at_desk(request)
    form = await form_of(request, who, LARGEST_UPLOAD)
    content = form.file("file")
    if not content:
        return _chooser(request, who, FAULTS["missing"])
    media_type = "application/json" if content[:1] in {b"{", b"["} else "text/csv"
    try:
        begun = await take_file(gate, who.caller.id, content, media_type)
    except BodyInvalidError as invalid:
        return _chooser(request, who, FAULTS.get(invalid.code, UNKNOWN_FAULT))
    return see_other(f"/cabinet/partnering/uploads/{begun.id}")


@router.get("/cabinet/partnering/uploads/{import_id}")
async def progress(request: Request, import_id: str) -> Response:
    """Show how many rows are taken; looked at again every second while it goes on."""
    gate, who = await at_desk(request)
    taken = await gate.offering.imports.get(import_id, who.caller.id)
    faults = faults_of(taken.faults)
    return page(
        request,
        who,
        "partnering/progress.html" if "hx-request" in request.headers else "partnering/uploaded.html",
        taken=taken,
        faults=faults[:FAULTS_SHOWN],
        count=len(faults),
    )


@router.get("/cabinet/partnering/offers.csv")
async def sample(request: Request) -> Response:
    """Give a file with every column and one row, to begin with."""
    await at_desk(request)
    columns = [name for name in OfferBody.model_fields if name != "criteria"]
    nested = OfferBody.model_fields["criteria"].annotation
    columns += [f"criteria.{name}" for name in getattr(nested, "model_fields", {})]
    today = now().date()
    row = {
        "external_id": "parcels-1",
        "kind": "goods",
        "category": "food",
        "quantity": 40,
        "areas": "UA18040190010057814",
        "valid_from": today,
        "valid_until": today.replace(month=12, day=31),
        "title": "40 × 12 kg",
        "criteria.children_under": 6,
    }
    content = write_csv(columns, [[row.get(name) for name in columns]])
    headers = {"Content-Disposition": 'attachment; filename="offers.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _chooser(request: Request, who: SignedIn, wrong: str) -> Response:
    return page(request, who, "partnering/upload.html", 422 if wrong else 200, wrong=wrong)
