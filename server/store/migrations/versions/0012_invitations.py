"""Rooms of schools outside a community that are invited to one of its lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=True),
        sa.Column("invited_by", sa.String(length=64), nullable=False),
        sa.Column("invited_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_invitation_lesson_id")),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_invitation_classroom_id")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_invitation_class_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["staff.id"], name=op.f("fk_invitation_invited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index("ix_invitation_lesson_id", "invitation", ["lesson_id"], unique=False)
    op.create_index("ix_invitation_classroom_id", "invitation", ["classroom_id"], unique=False)
    op.create_index("ix_invitation_state", "invitation", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("invitation")
