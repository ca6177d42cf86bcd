"""Tickets know who took note of them, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("acknowledged_by", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ticket") as table:
        table.drop_column("acknowledged_by")
        table.drop_column("acknowledged_ms")
