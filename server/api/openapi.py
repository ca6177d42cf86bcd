"""The OpenAPI 3.1 document of the API, made from the same table the routes are made from."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from server.api import csrf
from server.api.problems import CONTENT_TYPE, ProblemBody
from server.api.registry import Endpoint
from signaling.messages import VERSION

_VARIABLE = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def document(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """The whole document as plain data."""
    types = [kind for endpoint in endpoints for kind in (endpoint.answer, endpoint.body) if kind] + [ProblemBody]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    reference = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        path = paths.setdefault(_VARIABLE.sub(r"{\1}", endpoint.path), {})
        path[endpoint.method.lower()] = _operation(endpoint, reference)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tongke", "version": str(VERSION), "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "tongke"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(endpoint: Endpoint, reference: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.answer is not None:
        content = {"application/json": {"schema": reference[repr(endpoint.answer)]}}
    else:
        content = {kind: {} for kind in endpoint.content_type.split(", ")}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": endpoint.handler.__name__,
        "parameters": _parameters(endpoint),
        "responses": {**_good(endpoint, content), **_problems(endpoint, reference)},
        "security": [] if endpoint.public else [{"cookie": []}, {"bearer": []}],
    }
    if endpoint.body is not None:
        schema = {"application/json": {"schema": reference[repr(endpoint.body)]}}
        operation["requestBody"] = {"required": True, "content": schema}
    if endpoint.upload:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return operation


def _good(endpoint: Endpoint, content: dict[str, Any]) -> dict[str, Any]:
    if endpoint.redirects:
        return {"303": {"description": endpoint.summary}}
    good: dict[str, Any] = {"200": {"description": endpoint.summary, "content": content}}
    return good | ({"304": {"description": "what If-None-Match names still holds"}} if endpoint.lasting else {})


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    text = {"type": "string"}
    inside = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in _VARIABLE.findall(endpoint.path)
    ]
    if (403, "csrf_refused") in endpoint.errors():
        words = f"the value of the cookie `{csrf.COOKIE}`; not asked of a bearer token"
        inside.append({"name": csrf.HEADER, "in": "header", "required": False, "description": words, "schema": text})
    return inside + [
        {"name": name, "in": "query", "required": False, "description": words, "schema": text}
        for name, words in endpoint.query.items()
    ]


def _problems(endpoint: Endpoint, reference: dict[str, Any]) -> dict[str, Any]:
    """One response a status; the codes it may carry are named in its description."""
    codes: dict[int, list[str]] = {}
    for status, code in endpoint.errors():
        codes.setdefault(status, []).append(code)
    content = {CONTENT_TYPE: {"schema": reference[repr(ProblemBody)]}}
    return {
        str(status): {"description": ", ".join(f"`{code}`" for code in names), "content": content}
        for status, names in sorted(codes.items())
    }
