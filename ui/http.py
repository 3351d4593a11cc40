"""The API: OpenAI's chat completions, profiles and feedback under /v1, and what operators ask."""

import asyncio
from collections.abc import MutableMapping, Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Lifespan

from agent import Assistant
from agent.errors import AgentError
from retrieval.errors import RetrievalError
from retrieval.types import Query
from ui.answer_types import ChatCompletion, Health, Model, Models, Readiness
from ui.guards import AnswerHeaders, BodyLimit, Heads, Keys, KnownHosts
from ui.http_errors import answer_errors
from ui.http_pictures import picture_routes
from ui.http_profiles import profile_routes
from ui.http_turns import complete
from ui.json_values import Json
from ui.metrics import CONTENT_TYPE, Metrics
from ui.openai_types import ChatRequest, SessionHeader
from ui.openapi import answers, description, streamed
from ui.served import Served


def api(
    assistants: MutableMapping[str, Assistant],
    *,
    keys: Sequence[str] = (),
    hosts: Sequence[str] = (),
    max_chars: int = 8000,
    at_once: int = 64,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """Make the application over assistants by catalogue name, the first being the default; more may join while it runs.

    `keys`: API keys, none asked for if empty; `hosts`: names the server answers to, any if empty; `max_chars`: longest
    message; `at_once`: turns that may run at the same time; `lifespan`: what runs beside the server.
    """
    metrics = Metrics()
    served = Served(assistants, metrics, max_chars=max_chars, at_once=at_once)
    # FastAPI's own description knows one application; the pages it makes of one load scripts from elsewhere.
    app = FastAPI(title="Sommelier", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.served = served
    answer_errors(app, metrics)
    _add_operations(app, served)
    v1 = _v1(served, keys)
    _describe(app, v1)
    app.mount("/v1", v1)
    app.add_middleware(BodyLimit, metrics=metrics)
    app.add_middleware(KnownHosts, names=tuple(hosts))
    app.add_middleware(AnswerHeaders)
    app.add_middleware(Heads)
    return app


def _v1(served: Served, keys: Sequence[str]) -> FastAPI:
    # An application of its own, so that its errors keep OpenAI's form whatever else is mounted beside it.
    app = FastAPI(title="Sommelier API", docs_url=None, redoc_url=None, openapi_url=None)
    answer_errors(app, served.metrics)
    app.add_middleware(Keys, keys=tuple(keys), metrics=served.metrics)
    app.include_router(profile_routes(served))
    app.include_router(picture_routes(served))

    refusals = (400, 401, 404, 413, 415, 422, 429, 500, 503)

    @app.post("/chat/completions", response_model=None, responses=streamed(answers(ChatCompletion, *refusals)))
    async def completions(request: Request, body: ChatRequest, x_session_id: SessionHeader = None) -> Response:
        """Chat, as OpenAI's API does; the reply's items, reasons and profile stand beside the standard fields."""
        return await complete(request, body, x_session_id, served)

    @app.get("/models", response_model=None, responses=answers(Models, 400, 401, 500))
    async def models() -> Json:
        """One model per catalogue."""
        return {"object": "list", "data": [_model(served, name) for name in served.models]}

    @app.get("/models/{model}", response_model=None, responses=answers(Model, 400, 401, 404, 422, 500))
    async def model(model: str) -> Json:
        """One model."""
        served.named(model)
        return _model(served, model)

    return app


def _describe(app: FastAPI, v1: FastAPI) -> None:
    written = description(app, v1)

    async def openapi() -> Json:
        return written

    for part in (app, v1):
        part.get("/openapi.json", include_in_schema=False, response_model=None)(openapi)


def _model(served: Served, model: str) -> Json:
    manifest = served.assistant(model).index.manifest
    spec = manifest.spec
    about: Json = {"catalog": spec.name, "title": spec.title, "items": manifest.items}
    return {
        "id": model,
        "object": "model",
        "created": 0,
        "owned_by": "sommelier",
        **about,
        "built_at": manifest.built_at,
    }


def _add_operations(app: FastAPI, served: Served) -> None:
    @app.get("/healthz", response_model=None, responses=answers(Health, 400, 500))
    async def healthz() -> Json:
        """Say that the process runs."""
        return {"status": "ok"}

    @app.get("/readyz", response_model=None, responses={**answers(Readiness, 400, 500), 503: {"model": Readiness}})
    async def readyz() -> JSONResponse:
        """Say whether every catalogue offered can be searched and its database read, 503 if not; and which will be."""
        states: Json = {name: await _state(a) for name, a in tuple(served.assistants.items())}
        ready = all(state == "ok" for state in states.values())
        states.update(served.coming)
        return JSONResponse({"status": "ok" if ready else "unready", "catalogs": states}, 200 if ready else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Counters in the Prometheus text format."""
        return Response(served.metrics.exposition(), media_type=CONTENT_TYPE)


async def _state(assistant: Assistant) -> str:
    try:
        await assistant.snapshot("", "readyz")
        await asyncio.to_thread(assistant.index.retriever.retrieve, Query(text="ready", k=1))
    except (AgentError, RetrievalError) as error:
        return str(error)
    return "ok"
