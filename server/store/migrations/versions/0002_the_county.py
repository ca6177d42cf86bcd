"""The county's model: terms, classes, subjects, the weekly timetable, lesson states and what was found of lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    _add_columns()
    _keep_every_stay()
    op.execute("ALTER TABLE community DROP COLUMN term")
    op.execute("UPDATE lesson SET state = 'UNJUDGED' WHERE state = 'ended'")
    op.execute("UPDATE lesson SET state = 'UNREASONABLE_MISSED' WHERE state = 'missed'")


def _add_reference(table: str, column: str, other: str) -> None:
    """A column that refers to another table. In one statement: SQLite adds no constraint to a table that is there."""
    constraint = f"CONSTRAINT fk_{table}_{column} REFERENCES {other} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(64) {constraint}")


def _keep_every_stay() -> None:
    """A school may leave a community and come back: the key of a stay has its beginning in it."""
    with op.batch_alter_table("community_member") as batch_op:
        batch_op.drop_constraint("pk_community_member", type_="primary")
        batch_op.create_primary_key("pk_community_member", ["community_id", "school_id", "joined_ms"])
    op.create_index("ix_community_member_school_id", "community_member", ["school_id"], unique=False)


def _create_tables() -> None:
    op.create_table(
        "subject",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("county_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weak", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_subject_county_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
    )
    op.create_index("uq_subject_county_id_code", "subject", ["county_id", "code"], unique=True)
    op.create_index("uq_subject_county_id_name", "subject", ["county_id", "name"], unique=True)
    op.create_table(
        "term",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("county_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_term_county_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
    )
    op.create_index("uq_term_county_id_name", "term", ["county_id", "name"], unique=True)
    op.create_table(
        "bell",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("county_id", sa.String(length=64), nullable=False),
        sa.Column("school_id", sa.String(length=64), nullable=True),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("starts_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_bell_county_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_bell_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bell")),
    )
    op.create_index("ix_bell_county_id", "bell", ["county_id"], unique=False)
    op.create_table(
        "prescribed_periods",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_prescribed_periods_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "grade", name=op.f("pk_prescribed_periods")),
    )
    op.create_table(
        "term_day",
        sa.Column("term_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("follows", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_term_day_term_id")),
        sa.PrimaryKeyConstraint("term_id", "day", name=op.f("pk_term_day")),
    )
    op.create_table(
        "school_class",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("school_id", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_school_class_classroom_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_class_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
    )
    op.create_index("ix_school_class_school_id", "school_class", ["school_id"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "timetable_entry",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("term_id", sa.String(length=64), nullable=False),
        sa.Column("community_id", sa.String(length=64), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("starts_min", sa.Integer(), nullable=True),
        sa.Column("ends_min", sa.Integer(), nullable=True),
        sa.Column("weeks", sa.String(length=255), server_default="", nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.Column("lead_room_id", sa.String(length=64), nullable=True),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_timetable_entry_community_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["staff.id"], name=op.f("fk_timetable_entry_lead_id")),
        sa.ForeignKeyConstraint(["lead_room_id"], ["classroom.id"], name=op.f("fk_timetable_entry_lead_room_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_timetable_entry_subject_id")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_timetable_entry_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timetable_entry")),
    )
    op.create_index("ix_timetable_entry_term_id", "timetable_entry", ["term_id"], unique=False)
    op.create_table(
        "timetable_entry_class",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_timetable_entry_class_class_id")),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_timetable_entry_class_classroom_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["timetable_entry.id"], name=op.f("fk_timetable_entry_class_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "class_id", name=op.f("pk_timetable_entry_class")),
    )
    op.create_table(
        "timetable_entry_room",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_timetable_entry_room_classroom_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["timetable_entry.id"], name=op.f("fk_timetable_entry_room_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "classroom_id", name=op.f("pk_timetable_entry_room")),
    )
    op.create_table(
        "timetable_exception",
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.Column("starts_min", sa.Integer(), nullable=True),
        sa.Column("ends_min", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["timetable_entry.id"], name=op.f("fk_timetable_exception_entry_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["staff.id"], name=op.f("fk_timetable_exception_lead_id")),
        sa.PrimaryKeyConstraint("entry_id", "day", name=op.f("pk_timetable_exception")),
    )
    op.create_table(
        "cover_request",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_cover_request_class_id")),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_cover_request_classroom_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_cover_request_lesson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover_request")),
    )
    op.create_index("ix_cover_request_lesson_id", "cover_request", ["lesson_id"], unique=False)
    op.create_table(
        "lesson_class",
        sa.Column("lesson_id", sa.String(length=64), nullable=False),
        sa.Column("class_id", sa.String(length=64), nullable=False),
        sa.Column("classroom_id", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_lesson_class_class_id")),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_lesson_class_classroom_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_class_lesson_id")),
        sa.PrimaryKeyConstraint("lesson_id", "class_id", name=op.f("pk_lesson_class")),
    )
    op.create_index("ix_lesson_class_class_id", "lesson_class", ["class_id"], unique=False)


def _add_columns() -> None:
    op.add_column("classroom", sa.Column("code", sa.String(length=64), nullable=True))
    op.add_column("classroom", sa.Column("closed_ms", sa.BigInteger(), nullable=True))
    op.create_index("uq_classroom_school_id_code", "classroom", ["school_id", "code"], unique=True)
    _add_reference("community", "term_id", "term")
    op.add_column("county", sa.Column("policy", sa.Text(), server_default="{}", nullable=False))
    op.add_column("lesson", sa.Column("origin", sa.String(length=32), server_default="planned", nullable=False))
    _add_reference("lesson", "term_id", "term")
    _add_reference("lesson", "entry_id", "timetable_entry")
    op.add_column("lesson", sa.Column("entry_day", sa.Date(), nullable=True))
    _add_reference("lesson", "subject_id", "subject")
    _add_reference("lesson", "lead_room_id", "classroom")
    op.add_column("lesson", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("lesson", sa.Column("finding", sa.String(length=32), nullable=True))
    op.add_column("lesson", sa.Column("judged_ms", sa.BigInteger(), nullable=True))
    _add_reference("lesson", "judged_by", "staff")
    op.create_index("ix_lesson_community_id", "lesson", ["community_id"], unique=False)
    op.create_index("ix_lesson_lead_id", "lesson", ["lead_id", "planned_start_ms"], unique=False)
    op.create_index("ix_lesson_lead_room_id", "lesson", ["lead_room_id"], unique=False)
    op.create_index("uq_lesson_entry_id_entry_day", "lesson", ["entry_id", "entry_day"], unique=True)
    op.add_column(
        "lesson_classroom", sa.Column("joined_as", sa.String(length=32), server_default="planned", nullable=False)
    )
    op.add_column("lesson_classroom", sa.Column("connected_ms", sa.Integer(), nullable=True))
    op.add_column("lesson_classroom", sa.Column("verdict", sa.String(length=32), nullable=True))
    op.add_column("school", sa.Column("code", sa.String(length=64), nullable=True))
    op.add_column("school", sa.Column("closed_ms", sa.BigInteger(), nullable=True))
    op.create_index("uq_school_county_id_code", "school", ["county_id", "code"], unique=True)
    op.add_column("staff", sa.Column("code", sa.String(length=64), nullable=True))
    op.add_column("staff", sa.Column("left_ms", sa.BigInteger(), nullable=True))
    op.create_index("ix_staff_school_id", "staff", ["school_id"], unique=False)
    op.create_index("uq_staff_county_id_code", "staff", ["county_id", "code"], unique=True)
