"""The TypeScript wire types in the checkout are those of signaling/messages."""

from __future__ import annotations

from pathlib import Path

from signaling import typescript

GENERATED = Path(__file__).parents[2] / "web" / "src" / "signaling" / "wire.gen.ts"


def test_generated_wire_types_are_those_of_the_messages() -> None:
    told = "run `python -m signaling.typescript > web/src/signaling/wire.gen.ts`"
    assert GENERATED.read_text(encoding="utf-8") == typescript.source(), told


def test_a_field_with_a_default_is_optional_only_for_clients() -> None:
    source = typescript.source()
    assert "  after?: number;\n" in source
    assert "  hidden_by: OperationId[];\n" in source
