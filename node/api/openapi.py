"""The description of the API (OpenAPI 3.1), with the indicators and codes of the vocabulary. Pure."""

from typing import Any

from vocab.check import CONFIDENTIALITY, MAX_OBSERVATIONS, STATUSES
from vocab.reference import indicators, version

_PERIOD = "^[12][0-9]{3}(-(0[1-9]|1[0-2])(-[0-9]{2}(/P1Y)?)?)?$"
_PATH_PERIOD = "^[12][0-9]{3}(-[0-9]{2}-01_P1Y)?$"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(text: str, name: str, kind: str = "application/json") -> dict[str, Any]:
    return {"description": text, "content": {kind: {"schema": _ref(name)}}}


def _refusals(*statuses: int) -> dict[str, Any]:
    texts = {
        400: "The body is no JSON.",
        401: "No token, or one that opens nothing.",
        404: "Nothing is entered for this period.",
        409: "The place is closed for now.",
        413: "The body is too large.",
        415: "The body is of another type.",
        422: "Something is to be mended; nothing was entered.",
        429: "Too many wrong tokens: wait.",
    }
    return {str(status): _answer(texts[status], "Problem", "application/problem+json") for status in statuses}


def _observation() -> dict[str, Any]:
    entered = [name for name, rule in indicators().items() if rule.origin == "entered"]
    return {
        "type": "object",
        "required": ["indicator"],
        "properties": {
            "indicator": {"type": "string", "enum": entered},
            "value": {
                "description": "A decimal, as text or number; absent for a figure that was not collected (status L) "
                "or does not apply (M). Never nought for what is missing.",
                "oneOf": [
                    {"type": "string", "pattern": "^-?[0-9]+([.,][0-9]+)?$"},
                    {"type": "number"},
                    {"type": "null"},
                ],
            },
            "unit": {"type": "string", "description": "UCUM; the indicator's own when absent."},
            "status": {"type": "string", "enum": list(STATUSES), "description": "SDMX CL_OBS_STATUS."},
            "method": {"type": "string", "maxLength": 40, "description": "How it was counted: register, counter…"},
            "breakdown": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Dimension to code, for a part of the figure.",
            },
        },
    }


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    error = {"field": text, "code": text, "params": {"type": "object"}, "message": text}
    kept = {"indicator": text, "period": text, "value": {"type": ["string", "null"]}, "unit": text, "status": text}
    kept |= {"method": text, "breakdown": text, "conf": {"type": "string", "enum": list(CONFIDENTIALITY)}}
    return {
        "Report": {
            "type": "object",
            "required": ["period", "observations"],
            "properties": {
                "period": {"type": "string", "pattern": _PERIOD, "examples": ["2025", "2024-07-01/P1Y"]},
                "observations": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MAX_OBSERVATIONS,
                    "items": _ref("Observation"),
                },
            },
        },
        "Observation": _observation(),
        "Entered": {
            "type": "object",
            "required": ["place", "period", "entered", "published", "warnings"],
            "properties": {
                "place": text,
                "period": text,
                "entered": {"type": "integer"},
                "published": {"type": "boolean", "const": False},
                "warnings": {"type": "array", "items": {"type": "object"}},
            },
        },
        "Kept": {
            "type": "object",
            "required": ["place", "period", "observations"],
            "properties": {
                "place": text,
                "period": text,
                "observations": {"type": "array", "items": {"type": "object", "properties": kept}},
            },
        },
        "Problem": {
            "type": "object",
            "required": ["status", "title"],
            "properties": {
                "type": text,
                "status": {"type": "integer"},
                "title": text,
                "detail": text,
                "errors": {"type": "array", "items": {"type": "object", "properties": error}},
            },
        },
    }


def described(url: str) -> dict[str, Any]:
    """The whole description of a node's API."""
    body = {"required": True, "content": {"application/json": {"schema": _ref("Report")}}}
    period = {"name": "period", "in": "path", "required": True, "schema": {"type": "string", "pattern": _PATH_PERIOD}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Maillage",
            "version": version(),
            "description": "The figures of a place, from its own software. They are entered as if they were typed: the "
            "manager of the place reads and publishes them.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": url}],
        "security": [{"token": []}],
        "paths": {
            "/api/reports": {
                "post": {
                    "operationId": "enterReport",
                    "summary": "Enter the figures of a period, all or none",
                    "requestBody": body,
                    "responses": {"200": _answer("Entered; not published.", "Entered")}
                    | _refusals(400, 401, 409, 413, 415, 422, 429),
                }
            },
            "/api/reports/{period}": {
                "get": {
                    "operationId": "readReport",
                    "summary": "What is entered for a period (an accounting year as 2024-07-01_P1Y)",
                    "parameters": [period],
                    "responses": {"200": _answer("What is entered.", "Kept")} | _refusals(401, 404, 429),
                }
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }
