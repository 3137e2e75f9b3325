"""Many of one person's records: which of them, in what order, and a page of those."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    literal,
    or_,
    select,
    tuple_,
)

from digitrec.prediction import AnyVerdict, InputMethod, Mode, NumberVerdict, Verdict
from digitrec.storage.access import IS_OWN
from digitrec.storage.saved_prediction import NO_DIGIT, SavedPrediction
from digitrec.storage.schema import predictions

_column = predictions.c

SAYING_LABEL = tuple(verdict for verdict in (*Verdict, *NumberVerdict) if verdict.has_label)


SAYS_LABEL = _column.verdict.in_(sorted(set(SAYING_LABEL)))


READ_RIGHT = or_(
    and_(SAYS_LABEL, _column.true_label == _column.predicted_label),
    and_(~SAYS_LABEL, _column.true_label == NO_DIGIT),
)
"""Whether what was read is what the person said it is; not so where they said nothing."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time from ``since`` (included) to ``until`` (left out); None leaves an end open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def before(self) -> "Period | None":
        """The time of the same length that ends where this one begins; None where it has no beginning."""
        if not self.since:
            return None
        return Period(self.since - ((self.until or datetime.now(UTC)) - self.since), self.since)


class LabelStatus(StrEnum):
    """What people said of a record."""

    NOTHING = "nothing"
    ANYTHING = "anything"
    RIGHT = "right"
    """That it was read right."""
    WRONG = "wrong"


_TOLD = {
    LabelStatus.NOTHING: _column.true_label.is_(None),
    LabelStatus.ANYTHING: _column.true_label.is_not(None),
    LabelStatus.RIGHT: READ_RIGHT,
    LabelStatus.WRONG: _column.true_label.is_not(None) & ~READ_RIGHT,
}


class Order(StrEnum):
    """What comes first; of two that are alike, the one recorded later, or with the contrary order earlier."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LEAST_CONFIDENT = "least sure"
    MOST_CONFIDENT = "surest"

    @property
    def columns(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What the records are compared by."""
        by = _column.created_at if self in (Order.NEWEST, Order.OLDEST) else _column.confidence
        return by, _column.prediction_id

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self in (Order.NEWEST, Order.MOST_CONFIDENT)

    @property
    def reverse(self) -> "Order":
        """The contrary order."""
        return _REVERSE[self]

    @property
    def by(self) -> list[ColumnElement[Any]]:
        """What a query is ordered by."""
        return [column.desc() if self.descending else column.asc() for column in self.columns]

    def after(self, saved: SavedPrediction) -> ColumnElement[bool]:
        """What comes after a record, whether or not that is still there."""
        value, number = self.columns
        at = saved.created_at if value is _column.created_at else saved.confidence
        here = tuple_(literal(at, value.type), literal(saved.prediction_id))
        return tuple_(value, number) < here if self.descending else tuple_(value, number) > here


_REVERSE = {
    Order.NEWEST: Order.OLDEST,
    Order.OLDEST: Order.NEWEST,
    Order.LEAST_CONFIDENT: Order.MOST_CONFIDENT,
    Order.MOST_CONFIDENT: Order.LEAST_CONFIDENT,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records: those that fit in everything; what is empty or None fits all."""

    labels: tuple[str, ...] = ()
    """The digits or numbers that were told, be it with doubt."""
    true_labels: tuple[str, ...] = ()
    """What the person said it really is."""
    text: str = ""
    """What is contained in the digit or number that was told, be it with doubt, or in what the person said it is."""
    verdicts: tuple[AnyVerdict, ...] = ()
    confidence: tuple[float, float] = (0.0, 1.0)
    """From the first to the second, both included."""
    input_methods: tuple[InputMethod, ...] = ()
    modes: tuple[Mode, ...] = ()
    models: tuple[str, ...] = ()
    told: LabelStatus | None = None
    period: Period = field(default_factory=Period)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What a query has to ask for."""
        low, high = self.confidence
        since, until = self.period.since, self.period.until
        return [
            *([SAYS_LABEL & _column.predicted_label.in_(self.labels)] if self.labels else []),
            *([_column.true_label.in_(self.true_labels)] if self.true_labels else []),
            *([_contains(self.text)] if self.text else []),
            *([_column.verdict.in_(self.verdicts)] if self.verdicts else []),
            *([_column.confidence >= low] if low > 0 else []),
            *([_column.confidence <= high] if high < 1 else []),
            *([_column.input_type.in_(self.input_methods)] if self.input_methods else []),
            *([_column.mode.in_(self.modes)] if self.modes else []),
            *([_column.model.in_(self.models)] if self.models else []),
            *([_TOLD[self.told]] if self.told else []),
            *([_column.created_at >= since] if since else []),
            *([_column.created_at < until] if until else []),
        ]


def _contains(text: str) -> ColumnElement[bool]:
    read, told = (column.contains(text, autoescape=True) for column in (_column.predicted_label, _column.true_label))
    return SAYS_LABEL & read | told


NO_FILTER = Filter()


def select_predictions(
    which: Filter, order: Order, limit: int, offset: int = 0, after: SavedPrediction | None = None
) -> Select[Any]:
    """A query for ``limit`` history of the user bound to ``me``, without the first ``offset``, or after one."""
    # Going through the records to those asked for needs an index only, and never the long rows of those left out.
    ids = (
        select(_column.prediction_id)
        .where(IS_OWN, *which.conditions, *([order.after(after)] if after else []))
        .order_by(*order.by)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return select(predictions).join(ids, ids.c.prediction_id == _column.prediction_id).order_by(*order.by)
