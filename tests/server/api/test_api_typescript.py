"""The TypeScript of the API in the checkout is that of the endpoints."""

from __future__ import annotations

from pathlib import Path

from server.api import typescript

GENERATED = Path(__file__).parents[3] / "web" / "src" / "api" / "schema.gen.ts"


def test_generated_api_types_are_those_of_the_endpoints() -> None:
    told = "run `python -m server.api.typescript > web/src/api/schema.gen.ts`"
    assert GENERATED.read_text(encoding="utf-8") == typescript.source(), told


def test_what_a_caller_may_leave_out_is_optional_and_what_the_server_sends_is_not() -> None:
    source = typescript.source()
    form, _, _ = source.partition("export interface RoomForm {")[2].partition("}")
    room, _, _ = source.partition("export interface Classroom {")[2].partition("}")
    assert "  code?: string | null;\n" in form
    assert "  code: string | null;\n" in room
    assert '  "POST /api/county/rooms/{id}": {\n    parts: { id: string; };\n    body: RoomForm;\n' in source
