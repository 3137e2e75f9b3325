"""Filters, orders and pages of a user's predictions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_

from digitrec.prediction import AnyVerdict, InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.access import IS_OWN
from digitrec.storage.saved_prediction import NO_DIGIT, SavedPrediction
from digitrec.storage.schema import predictions

_column = predictions.c

VERDICTS_WITH_LABEL = tuple(verdict for verdict in (*Verdict, *NumberVerdict) if verdict.has_label)
HAS_LABEL = _column.verdict.in_(sorted(set(VERDICTS_WITH_LABEL)))
"""Whether a digit or number was recognized, confident or unsure."""

IS_CORRECT = or_(
    and_(HAS_LABEL, _column.true_label == _column.predicted_label),
    and_(~HAS_LABEL, _column.true_label == NO_DIGIT),
)
"""Whether the label matches the prediction; false for predictions without a label."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time from ``since`` (included) to ``until`` (excluded); None leaves an end open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def before(self) -> "Period | None":
        """The preceding period of the same length, or None if this one has no start."""
        if not self.since:
            return None
        return Period(self.since - ((self.until or datetime.now(UTC)) - self.since), self.since)


class LabelStatus(StrEnum):
    """Whether a prediction is labeled, and whether it is correct."""

    UNLABELED = "unlabeled"
    LABELED = "labeled"
    CORRECT = "correct"
    INCORRECT = "incorrect"


_STATUS_CONDITIONS = {
    LabelStatus.UNLABELED: _column.true_label.is_(None),
    LabelStatus.LABELED: _column.true_label.is_not(None),
    LabelStatus.CORRECT: IS_CORRECT,
    LabelStatus.INCORRECT: _column.true_label.is_not(None) & ~IS_CORRECT,
}


class Order(StrEnum):
    """The order of a list; ties are broken by the ID, in the same direction."""

    NEWEST = "newest first"
    OLDEST = "oldest first"
    LEAST_CONFIDENT = "least confident first"
    MOST_CONFIDENT = "most confident first"

    @property
    def _columns(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        by = _column.created_at if self in (Order.NEWEST, Order.OLDEST) else _column.confidence
        return by, _column.prediction_id

    @property
    def _descending(self) -> bool:
        return self in (Order.NEWEST, Order.MOST_CONFIDENT)

    @property
    def reverse(self) -> "Order":
        """The opposite order."""
        return _REVERSE[self]

    @property
    def by(self) -> list[ColumnElement[Any]]:
        """The ``ORDER BY`` clause."""
        return [column.desc() if self._descending else column.asc() for column in self._columns]

    def after(self, saved: SavedPrediction) -> ColumnElement[bool]:
        """Return the condition for predictions that come after one, which may no longer exist."""
        value, number = self._columns
        at = saved.created_at if value is _column.created_at else saved.confidence
        here = tuple_(literal(at, value.type), literal(saved.prediction_id))
        return tuple_(value, number) < here if self._descending else tuple_(value, number) > here


_REVERSE = {
    Order.NEWEST: Order.OLDEST,
    Order.OLDEST: Order.NEWEST,
    Order.LEAST_CONFIDENT: Order.MOST_CONFIDENT,
    Order.MOST_CONFIDENT: Order.LEAST_CONFIDENT,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter for predictions; all conditions must match, and empty ones match everything."""

    labels: tuple[str, ...] = ()  # Predicted digits or numbers, including unsure ones.
    true_labels: tuple[str, ...] = ()  # Labels that the user set.
    text: str = ""  # Text contained in the predicted digit or number or in the label.
    verdicts: tuple[AnyVerdict, ...] = ()
    confidence: tuple[float, float] = (0.0, 1.0)  # The lowest and the highest confidence, both included.
    input_methods: tuple[InputMethod, ...] = ()
    modes: tuple[Mode, ...] = ()
    models: tuple[str, ...] = ()
    label_status: LabelStatus | None = None
    period: Period = field(default_factory=Period)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions of a ``WHERE`` clause."""
        low, high = self.confidence
        since, until = self.period.since, self.period.until
        return [
            *([HAS_LABEL & _column.predicted_label.in_(self.labels)] if self.labels else []),
            *([_column.true_label.in_(self.true_labels)] if self.true_labels else []),
            *([_contains(self.text)] if self.text else []),
            *([_column.verdict.in_(self.verdicts)] if self.verdicts else []),
            *([_column.confidence >= low] if low > 0 else []),
            *([_column.confidence <= high] if high < 1 else []),
            *([_column.input_type.in_(self.input_methods)] if self.input_methods else []),
            *([_column.mode.in_(self.modes)] if self.modes else []),
            *([_column.model.in_(self.models)] if self.models else []),
            *([_STATUS_CONDITIONS[self.label_status]] if self.label_status else []),
            *([_column.created_at >= since] if since else []),
            *([_column.created_at < until] if until else []),
        ]


def _contains(text: str) -> ColumnElement[bool]:
    in_prediction, in_label = (
        column.contains(text, autoescape=True) for column in (_column.predicted_label, _column.true_label)
    )
    return HAS_LABEL & in_prediction | in_label


NO_FILTER = Filter()


WITHOUT_STROKES = tuple(column for column in _column if column is not _column.strokes)
"""The columns of predictions that lists show."""


def select_predictions(
    filter: Filter,
    order: Order,
    limit: int,
    offset: int = 0,
    after: SavedPrediction | None = None,
    columns: Iterable[ColumnElement[Any]] = WITHOUT_STROKES,
) -> Select[Any]:
    """Build a query for one page of the current user's predictions, from an ``offset`` or after a prediction."""
    # The subquery needs only an index, so the long rows of skipped predictions are never read.
    ids = (
        select(_column.prediction_id)
        .where(IS_OWN, *filter.conditions, *([order.after(after)] if after else []))
        .order_by(*order.by)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return select(*columns).join(ids, ids.c.prediction_id == _column.prediction_id).order_by(*order.by)
