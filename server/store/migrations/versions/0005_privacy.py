"""Deletions of recordings, holds on them, identities of another sign-in service."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_deletion()
    op.create_table(
        "recording_hold",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by", sa.String(length=64), nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.String(length=64), nullable=True),
        sa.Column("released_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_recording_hold_lesson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_hold")),
    )
    op.create_index("ix_recording_hold_lesson_id", "recording_hold", ["lesson_id"], unique=False)
    op.create_table(
        "outside_identity",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("linked_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_outside_identity_staff_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_outside_identity")),
    )
    op.create_index("uq_outside_identity_staff_id", "outside_identity", ["staff_id"], unique=True)


def _create_deletion() -> None:
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("county_id", sa.String(length=64), nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("school_class_id", sa.String(length=64), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_deletion_county_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_deletion_lesson_id")),
        sa.ForeignKeyConstraint(["school_class_id"], ["school_class.id"], name=op.f("fk_deletion_school_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
    )
    op.create_index("ix_deletion_county_id", "deletion", ["county_id", "asked_ms"], unique=False)
    op.create_index("ix_deletion_lesson_id", "deletion", ["lesson_id"], unique=False)
    op.create_index("ix_deletion_state", "deletion", ["state"], unique=False)
