"""A class in a lesson knows how many of its pupils were there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lesson_class", sa.Column("present", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("lesson_class") as table:
        table.drop_column("present")
