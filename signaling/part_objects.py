"""The objects of a part of a board: what many have in common is told once for all of them (P26). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from signaling.columns import columns, strokes_of
from signaling.messages import BoardObject, BoardPart, HiddenRun, IdRun, OperationId, PageId, PenRun

_COUNTED = re.compile(r"(.+)-(0|[1-9][0-9]{0,8})")


def part_of(number: int, page: PageId, objects: Sequence[BoardObject], *, complete: bool) -> BoardPart:
    """Some objects of a page as one part."""
    return BoardPart(
        number=number,
        page=page,
        ids=_id_runs(each.id for each in objects),
        pens=[
            PenRun(by=by, colour=colour, width=width, count=sum(1 for _ in run))
            for (by, colour, width), run in groupby(objects, lambda each: (each.by, each.colour, each.width))
        ],
        hidden=_hidden_runs(objects),
        points=columns([each.points for each in objects]),
        complete=complete,
    )


def objects_of(part: BoardPart) -> list[BoardObject]:
    """The objects of a part, in drawing order.

    Raises:
        ValueError: its columns and runs are not of as many.
    """
    ids = [each for run in part.ids for each in _ids(run)]
    pens = [run for run in part.pens for _ in range(run.count)]
    hidden: list[Sequence[OperationId]] = []
    for run in part.hidden:
        hidden += [()] * run.skip + [run.by] * run.count
    hidden += [()] * (len(ids) - len(hidden))
    strokes = strokes_of(part.points, len(ids))
    return [
        BoardObject(id=one, by=pen.by, colour=pen.colour, width=pen.width, points=points, hidden_by=[*by])
        for one, pen, points, by in zip(ids, pens, strokes, hidden, strict=True)
    ]


def _id_runs(ids: Iterable[OperationId]) -> list[IdRun]:
    runs: list[IdRun] = []
    for one in ids:
        counted = _COUNTED.fullmatch(one)
        if counted is None:
            runs.append(IdRun(of=one))
            continue
        of, at, last = counted[1], int(counted[2]), runs[-1] if runs else None
        if last is not None and last.count and (last.of, last.first + last.count) == (of, at):
            runs[-1] = IdRun(of=of, first=last.first, count=last.count + 1)
        else:
            runs.append(IdRun(of=of, first=at, count=1))
    return runs


def _ids(run: IdRun) -> list[OperationId]:
    return [f"{run.of}-{at}" for at in range(run.first, run.first + run.count)] if run.count else [run.of]


def _hidden_runs(objects: Sequence[BoardObject]) -> list[HiddenRun]:
    runs, skip = [], 0
    for by, run in groupby(objects, lambda each: each.hidden_by):
        count = sum(1 for _ in run)
        if by:
            runs.append(HiddenRun(skip=skip, count=count, by=by))
        skip = 0 if by else count
    return runs
