"""The pictures of a catalogue's items, by the name their content gives them."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from retrieval.picture import picture_file
from ui.http_errors import ApiError
from ui.openapi import Responses, answers
from ui.served import Served

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Another picture has another name."""

_ANSWERS: Responses = {
    **answers(None, 400, 404, 422, 500),
    200: {"description": "Done.", "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _BYTES)},
}


def picture_routes(served: Served) -> APIRouter:
    """The route, over these assistants."""
    router = APIRouter()

    @router.get("/catalogs/{catalog}/pictures/{name}", response_class=FileResponse, responses=_ANSWERS)
    async def picture(catalog: str, name: str) -> FileResponse:
        """A picture, where `image` of a recommendation points."""
        assistant = served.assistants.get(catalog)
        file = None if assistant is None else picture_file(assistant.index.path, name)
        if file is None:
            message = f"there is no picture {name[:80]!r} of {catalog[:80]!r}; take the address from a recommendation"
            raise ApiError(404, message, code="not_found")
        return FileResponse(file, headers=_FOR_EVER)

    return router
