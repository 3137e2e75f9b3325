"""Random predictions of every kind."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from digitrec.prediction import InputMethod
from digitrec.storage.saved_prediction import NO_DIGIT
from digitrec.storage.schema import predictions, users
from digitrec.storage.users import log_activity

# Daylight saving time begins on 29 March at 1:00 UTC in Berlin, and on 8 March at 7:00 UTC in New York.
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 60


def add_predictions(history, number, chance, days=DAYS):
    """Save random predictions and return their rows."""
    log_activity(history.database, history.user, "draw")
    rows = []
    for _ in range(number):
        mode = chance.choice(["digit"] * 9 + ["number"])
        verdict = chance.choice([mode, mode, "unsure", f"not_a_{mode}"])
        label = str(chance.randrange(10) if mode == "digit" else chance.randrange(10, 9999))
        others = list("0123456789") if mode == "digit" else [label, label[1:], f"{label}?", f"0{label[1:]}"]
        at = BEGIN + timedelta(seconds=chance.random() * days * 24 * 3600)
        rows.append(
            {
                "image_path": f"{chance.random()}",
                "mode": mode,
                "input_type": chance.choice(list(InputMethod)),
                "predicted_label": label,
                "confidence": round(chance.choice([1, 0.999, 0.95, 0.9, 0.5, chance.random()]), 4),
                "verdict": verdict,
                "probabilities": [],
                "model": "any",
                "processing_time_ms": round(chance.lognormvariate(1, 1), 3),
                "true_label": chance.choice([None, None, NO_DIGIT, "17", label, *others]),
                "created_at": at,
                "changed_at": at,
            }
        )
    with history.database.engine.begin() as connection:
        [(user,)] = connection.execute(
            users.select().with_only_columns(users.c.user_id).where(users.c.google_id == history.user.subject)
        )
        connection.execute(insert(predictions), [{**row, "user_id": user} for row in rows])
    return rows
