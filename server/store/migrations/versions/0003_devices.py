"""Devices: which there are, their newest state, their history, and tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("credential_id", sa.String(length=64), nullable=True),
        sa.Column("paired_ms", sa.BigInteger(), nullable=False),
        sa.Column("paired_by", sa.String(length=64), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_device_classroom_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_classroom_id", "device", ["classroom_id"], unique=False)
    op.create_table(
        "device_state",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("tested_ms", sa.BigInteger(), nullable=True),
        sa.Column("test_faults", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_state_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_state")),
    )
    _create_history("device_change", sa.Column("what", sa.Text(), nullable=False))
    _create_history(
        "device_test",
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_ticket_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_index("ix_ticket_device_id", "ticket", ["device_id"], unique=False)
    op.create_index("ix_ticket_closed_ms", "ticket", ["closed_ms"], unique=False)


def _create_history(table: str, *columns: sa.Column[str]) -> None:
    op.create_table(
        table,
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f(f"fk_{table}_device_id")),
        sa.PrimaryKeyConstraint("device_id", "number", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("ticket", "device_test", "device_change", "device_state", "device"):
        op.drop_table(table)
