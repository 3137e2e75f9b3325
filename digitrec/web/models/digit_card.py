"""The card of a model, beside that of another."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from digitrec.analytics.charts import models as charts
from digitrec.recognition.models.cards import DigitCard, Evaluation

_CHANGES = {
    "size": "What if it is smaller or larger?",
    "brush": "What if the brush is another?",
    "slant": "What if it is slanted?",
    "place": "What if it is beside the middle?",
    "paper": "What if it is photographed on paper?",
    "file": "What if the file is tiny?",
}
_SHARE = st.column_config.NumberColumn(format="percent")


def show_facts(card: DigitCard) -> None:
    """Show what a model is, how large, and from where on it is trusted."""
    st.text(card.description)
    with st.grid("auto", min_column_width=150):
        st.metric("Parameters", f"{card.parameters:,}", border=True)
        st.metric("File", f"{card.size_bytes / 1024:,.0f} KB", border=True)
        st.metric(
            "Sure from",
            f"{card.confidence_threshold:.1%}",
            border=True,
            help="An answer with less confidence is called unsure.",
        )
        st.metric(
            "A digit from",
            f"{card.digit_threshold:.1%}",
            border=True,
            help="What is less likely to be a digit at all is refused; with 0%, nothing is.",
        )


def show_tuning(card: DigitCard) -> None:
    """Show what became better and what worse, where a model was trained further from another."""
    pairs = [
        {"Source": source, "Before": before, "Now": now.accuracy, "Points": 100 * (now.accuracy - before)}
        for source, before in card.accuracy_before.items()
        if (now := card.evaluations.get(source))
    ]
    if not pairs:
        return
    st.header(f"What did training it further from {card.fine_tuned_from} change?")
    st.dataframe(
        pd.DataFrame(pairs),
        hide_index=True,
        height="content",
        column_config={
            "Before": _SHARE,
            "Now": _SHARE,
            "Points": st.column_config.NumberColumn(format="%+.2f"),
        },
        alt=f"Accuracy of {card.fine_tuned_from} and of {card.name} on each source",
    )
    if card.regressions:
        st.markdown(f":material/info: It reads {', '.join(card.regressions)} worse, and so is never the default.")


def show_sources(cards: Sequence[DigitCard]) -> None:
    """Show how well the first of the models reads each source of digits, beside the others."""
    st.header("How well does it read?")
    if not cards[0].evaluations:
        st.markdown(
            f"{cards[0].name} was not measured yet. "
            f"`python -m digitrec evaluate --model {cards[0].name} --data DIR` measures it."
        )
        return
    found = [
        (source, card.name, card.evaluations[source])
        for source in dict.fromkeys(source for card in cards for source in card.evaluations)
        for card in cards
        if source in card.evaluations
    ]
    wrong = [
        {"source": source, "model": model, "wrong": 1 - one.accuracy, "digits": one.digits}
        for source, model, one in found
    ]
    st.vega_lite_chart(pd.DataFrame(wrong), charts.wrong_by_source(), alt="Share of each source read wrong")
    st.caption("Sources that no part of training saw. Measured by `python -m digitrec evaluate --data DIR`.")
    figures = [
        {
            "Source": source,
            "Model": model,
            "Digits": one.digits,
            "Right": one.accuracy,
            "Called sure": one.confident,
            "Right, if sure": one.confident_accuracy,
            "Refused": one.refused,
            "Calibration error": one.calibration_error,
            "Worst digit": _worst(one),
        }
        for source, model, one in found
    ]
    shares = dict.fromkeys(["Right", "Called sure", "Right, if sure", "Refused", "Calibration error"], _SHARE)
    with st.expander("Every figure"):
        st.dataframe(
            pd.DataFrame(figures),
            hide_index=True,
            height="content",
            column_config=shares,
            alt="How well each model reads each source",
        )


def show_weaknesses(found: Mapping[str, Sequence[str]]) -> None:
    """Show what a model is bad at, by what the figures are about."""
    if not found:
        return
    st.header("What is it bad at?")
    with st.grid("auto", min_column_width=280):
        for topic, figures in found.items():
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{topic}**\n" + "".join(f"\n- {figure}" for figure in figures))


def show_robustness(cards: Sequence[DigitCard]) -> None:
    """Show what drawing otherwise costs the first of the models, and how much of what is no digit it refuses."""
    if not cards[0].robustness:
        return
    st.header("What if it is drawn otherwise?")
    with st.grid(2, min_column_width=320):
        for changed, question in _CHANGES.items():
            rows = [
                {"model": card.name, "to": to, "accuracy": accuracy}
                for card in cards
                for to, accuracy in card.robustness.get(changed, {}).items()
            ]
            if rows:
                st.vega_lite_chart(pd.DataFrame(rows), charts.robustness(question), alt=f"Accuracy by {changed}")
    if cards[0].digit_threshold:
        shares = "; ".join(f"{kind} {share:.1%}" for kind, share in cards[0].refusals.items())
        st.markdown(f"Of what is no digit, {cards[0].name} refuses: {shares}.")
        st.caption(
            "Nothing of these kinds was trained on, but for digits side by side, here by other writers. Letters that "
            "many hands write like a digit (O, l, S, Z, B, q and the like) are not among those to refuse."
        )


def _worst(found: Evaluation) -> str:
    recall, digit = min((recall, digit) for digit, recall in enumerate(found.per_digit) if recall is not None)
    return f"{digit}: {recall:.1%}"
