"""A week's lessons of a community are one range of an index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_lesson_community_id", table_name="lesson")
    op.create_index("ix_lesson_community_id", "lesson", ["community_id", "planned_start_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_lesson_community_id", table_name="lesson")
    op.create_index("ix_lesson_community_id", "lesson", ["community_id"], unique=False)
