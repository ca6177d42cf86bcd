"""What a member of staff is on duty for, and how she is reached then."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("duty", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("staff", "duty")
