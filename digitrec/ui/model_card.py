"""The card of a model, beside that of another."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from digitrec.charts import model_card as charts
from digitrec.recognition.models import Evaluation, ModelCard

_CHANGES = {
    "size": "**Smaller and larger**, longer side by canvas",
    "brush": "**With another brush**",
    "slant": "**Slanted**",
    "place": "**Beside the middle**, half the size of the canvas",
    "paper": "**Photographed on paper**, a likeness of it",
    "file": "**In a tiny file**",
}


def show_facts(card: ModelCard) -> None:
    """Show what a model is, how large, and how it came to be."""
    st.text(card.description)
    with st.grid("auto", min_column_width=150):
        st.metric("Parameters", f"{card.parameters:,}", border=True)
        st.metric("File", f"{card.size_bytes / 1024:,.0f} KB", border=True)
        st.metric("Sure from", f"{card.sure_from:.1%}", border=True)
        st.metric("A digit from", f"{card.digit_from:.1%}" if card.digit_from else "never refuses", border=True)
    training = card.training
    st.caption(
        f"Data: {training.data}. Made on {training.date:%Y-%m-%d} by `{training.command}` with "
        + ", ".join(f"{name} {version}" for name, version in training.versions.items())
        + f". Licence: {card.licence}."
    )


def show_tuning(card: ModelCard) -> None:
    """Show what became better and what worse, where a model was trained further from another."""
    pairs = [
        {"Source": source, "Before": before, "Now": card.evaluations[source].accuracy}
        for source, before in card.accuracy_before.items()
        if source in card.evaluations
    ]
    if not pairs:
        return
    st.markdown(f"**Trained further from {card.tuned_from}**, right before and now:")
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        pd.DataFrame(pairs),
        hide_index=True,
        height="content",
        column_config={"Before": share, "Now": share},
        alt=f"Accuracy of {card.tuned_from} and of {card.name} on each source",
    )
    if card.losses:
        st.markdown(f":material/info: It reads {', '.join(card.losses)} worse, and so is never the default.")


def show_sources(cards: Sequence[ModelCard]) -> None:
    """Show how well models read each source of digits, a line for each model and source."""
    st.subheader("How well does it read?")
    table = pd.DataFrame(
        [
            {
                "Source": source,
                "Model": card.name,
                "Digits": found.digits,
                "Right": found.accuracy,
                "Called sure": found.sure,
                "Right, if sure": found.sure_accuracy,
                "Refused": found.refused,
                "Calibration error": found.calibration_error,
                "Worst digit": _worst(found),
            }
            for source in dict.fromkeys(source for card in cards for source in card.evaluations)
            for card in cards
            if (found := card.evaluations.get(source))
        ]
    )
    if not cards[0].evaluations:
        st.markdown(f"{cards[0].name} was not measured yet. `python -m digitrec evaluate --data DIR` measures it.")
    if table.empty:
        return
    share = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(["Right", "Called sure", "Right, if sure", "Refused", "Calibration error"], share),
        alt="How well each model reads each source",
    )
    st.caption("Sources that no part of training saw. Measured by `python -m digitrec evaluate --data DIR`.")


def show_source(cards: Sequence[ModelCard], source: str) -> None:
    """Show the mistakes on one source and whether the confidence was earned there."""
    found = {card.name: card.evaluations[source] for card in cards if source in card.evaluations}
    first = next(iter(found.values()))
    cells = [
        {"digit": digit, "read": read, "digits": count, "share": count / max(sum(row), 1)}
        for digit, row in enumerate(first.confusion)
        for read, count in enumerate(row)
    ]
    wrong = [
        {"model": name, "digit": digit, "wrong": 1 - recall}
        for name, evaluation in found.items()
        for digit, recall in enumerate(evaluation.per_digit)
        if recall is not None
    ]
    bins = [
        {"model": name, **bin_.model_dump()} for name, evaluation in found.items() for bin_ in evaluation.reliability
    ]
    st.caption(f"The matrix is that of {next(iter(found))}.")
    with st.grid(2, min_column_width=320):
        st.vega_lite_chart(pd.DataFrame(cells), charts.confusion(), alt=f"Confusion matrix of {next(iter(found))}")
        st.vega_lite_chart(pd.DataFrame(wrong), charts.recall_by_digit(), alt="Share of each digit read wrong")
        st.vega_lite_chart(pd.DataFrame(bins), charts.reliability(), alt="Accuracy by confidence")


def show_robustness(cards: Sequence[ModelCard]) -> None:
    """Show what drawing otherwise costs, and how much of what is no digit is refused."""
    measured = [card for card in cards if card.robustness]
    if not measured:
        return
    st.subheader("What if it is drawn otherwise?")
    with st.grid(2, min_column_width=320):
        for changed, heading in _CHANGES.items():
            rows = [
                {"model": card.name, "to": to, "accuracy": accuracy}
                for card in measured
                for to, accuracy in card.robustness.get(changed, {}).items()
            ]
            if not rows:
                continue
            with st.container():
                st.markdown(heading)
                st.vega_lite_chart(pd.DataFrame(rows), charts.robustness(), alt=f"Accuracy by {changed}")
    refusing = [card for card in measured if card.digit_from]
    for card in refusing:
        shares = "; ".join(f"{kind} {share:.1%}" for kind, share in card.refusals.items())
        st.markdown(f"Of what is no digit, {card.name} refuses: {shares}.")
    if refusing:
        st.caption(
            "Nothing of these kinds was trained on, but for digits side by side, here by other writers. Letters that "
            "many hands write like a digit (O, l, S, Z, B, q and the like) are not among those to refuse."
        )


def show_training(card: ModelCard) -> None:
    """Show the curves of training and the layers."""
    st.subheader("How was it made?")
    losses = {name: values for name, values in card.training.curves.items() if name.endswith("loss")}
    rows = [
        {"measure": name.replace("_", " "), "epoch": epoch, "value": value}
        for name, values in losses.items()
        for epoch, value in enumerate(values, 1)
    ]
    if rows:
        st.vega_lite_chart(pd.DataFrame(rows), charts.training_curves(), alt="Loss by epoch")
    with st.expander("Layers"):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Layer": layer.kind,
                        "Gives": " x ".join(map(str, layer.output)),
                        "Parameters": layer.parameters,
                    }
                    for layer in card.layers
                ]
            ),
            hide_index=True,
            height="content",
            alt="The layers of the network",
        )


def _worst(found: Evaluation) -> str:
    recall, digit = min((recall, digit) for digit, recall in enumerate(found.per_digit) if recall is not None)
    return f"{digit}: {recall:.1%}"
