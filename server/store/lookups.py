"""Looking for what somebody names: what is not there takes as long as what is, so that the time tells nobody which."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, func, select


def named_or_another(column: Column[Any], value: str) -> ColumnElement[bool]:
    """The row whose unique `column` is `value`; where there is none, another one, which the caller puts away."""
    known = column.table.alias().c[column.key]
    named = select(known).where(known == value).scalar_subquery()
    return column == func.coalesce(named, select(known).limit(1).scalar_subquery())
