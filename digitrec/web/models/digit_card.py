"""The model card of a digit model, beside that of the baseline."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.recognition.imported.conventions import Fit
from digitrec.recognition.models.cards import DigitCard
from digitrec.recognition.models.weaknesses import VARIATION_TITLES
from digitrec.web.models.elements import show_table
from digitrec.web.shared.names import CONFIDENT

_HELD_OUT = (
    "*Held out* means that these writers, images or puzzles weren't used in training. The kinds that are not marked "
    "*held out* weren't used in training at all"
)


def show_conventions(card: DigitCard) -> None:
    """Show the input and output conventions that were found for an imported model."""
    chosen = card.conventions
    if chosen is None:
        return
    fit = "" if chosen.fit is Fit.RESIZED else f", {chosen.fit}"
    order = "digits in order"
    if chosen.classes != tuple(range(10)):
        order = f"digits 0 to 9 at positions {', '.join(map(str, chosen.classes))}"
    st.markdown(
        f":material/tune: Imported model. Input: {chosen.scale}, {chosen.colors}{fit}. Output: {chosen.values}, "
        f"{order}. With these settings, its accuracy on MNIST validation digits is {chosen.accuracy:.2%}."
    )


def show_fine_tuning(card: DigitCard) -> None:
    """Show the accuracy before and after fine-tuning, if the model was fine-tuned."""
    rows = [
        {"Test set": source, "Before": before, "After": after.accuracy, "Change": 100 * (after.accuracy - before)}
        for source, before in card.accuracy_before.items()
        if (after := card.evaluations.get(source))
    ]
    if not rows:
        return
    st.header("Fine-tuning")
    change = st.column_config.NumberColumn(format="%+.2f", help="In percentage points.")
    show_table(rows, f"Accuracy of {card.fine_tuned_from} and {card.name} on each test set", Change=change)
    st.caption(f"Accuracy before and after fine-tuning {card.fine_tuned_from}.")
    if card.regressions:
        worse = ", ".join(card.regressions)
        st.markdown(
            f":material/info: {card.name} can't be the default: it is less accurate than "
            f"{card.fine_tuned_from} on {worse}."
        )


def show_accuracy(cards: Sequence[DigitCard]) -> None:
    """Show the accuracy of each model on each test set."""
    st.header("Accuracy")
    if not cards[0].evaluations:
        st.markdown(
            f"{cards[0].name} has not been evaluated yet. "
            f"Run `python -m digitrec evaluate --model {cards[0].name} --data DIR` to evaluate it."
        )
        return
    evaluations = [
        (source, card.name, card.evaluations[source])
        for source in dict.fromkeys(source for card in cards for source in card.evaluations)
        for card in cards
        if source in card.evaluations
    ]
    errors = [
        {"source": source, "model": model, "wrong": 1 - evaluation.accuracy, "digits": evaluation.digits}
        for source, model, evaluation in evaluations
    ]
    st.vega_lite_chart(pd.DataFrame(errors), charts.wrong_by_source(), alt="Error rate on each test set")
    origin = "None of these digits were used in training."
    if any(card.conventions for card in cards):
        origin = (
            "It isn't known whether an imported model was trained on any of these digits. The models that come with "
            "digitrec weren't."
        )
    st.caption(f"{origin} Measured with `python -m digitrec evaluate --data DIR`.")
    rows = [
        {
            "Test set": source,
            "Model": model,
            "Digits": evaluation.digits,
            "Accuracy": evaluation.accuracy,
            CONFIDENT: evaluation.confident,
            "Accuracy when confident": evaluation.confident_accuracy,
            "False rejects": evaluation.refused,
            "Expected calibration error": evaluation.calibration_error,
            "Lowest recall": evaluation.lowest_recall,
        }
        for source, model, evaluation in evaluations
    ]
    with st.expander("All metrics"):
        show_table(rows, "All metrics of each model on each test set")


def show_robustness(cards: Sequence[DigitCard]) -> None:
    """Show the accuracy on varied digits, and the share of non-digits that the first model rejects."""
    if not cards[0].robustness:
        return
    st.header("Robustness")
    st.markdown("Accuracy on the same digits when they are drawn differently or shown in simulated photos.")
    with st.grid(2, min_column_width=320):
        for variation, title in VARIATION_TITLES.items():
            rows = [
                {"model": card.name, "to": value, "accuracy": accuracy}
                for card in cards
                for value, accuracy in card.robustness.get(variation, {}).items()
            ]
            if rows:
                chart = charts.robustness(title, len({row["to"] for row in rows}))
                st.vega_lite_chart(pd.DataFrame(rows), chart, alt=f"Robustness: {title}")
    if cards[0].digit_threshold:
        shares = ", ".join(f"{kind} {share:.2%}" for kind, share in cards[0].refusals.items())
        st.markdown(f"Non-digits that {cards[0].name} rejects: {shares}.")
        has_held_out = any("held out" in kind for kind in cards[0].refusals)
        st.caption(
            f"{_HELD_OUT if has_held_out else 'None of these kinds was used in training'}, except for digits side by "
            "side; those tested here are by writers who aren't in the training data. Letters and symbols that look "
            "like digits, such as O, l, S, Z, B, q and /, are left out of this test, except in Omniglot."
        )
