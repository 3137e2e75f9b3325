"""Two drawings side by side."""

import pandas as pd
import streamlit as st

from digitrec.prediction import Step
from digitrec.recognition.saliency import explain
from digitrec.web.explore.elements import predictions_html, show_downloads
from digitrec.web.explore.similar import explorable, show_neighbors
from digitrec.web.explore.subject import Subject, choose_drawing, make_subject
from digitrec.web.prediction.saliency import overlay
from digitrec.web.prediction.steps import show_steps
from digitrec.web.shared.figures import figure, show_figures
from digitrec.web.shared.history import current_history

_NEIGHBORS = 6
_SIDE = 168


def show_comparison(subject: Subject) -> None:
    """Show two drawings: the distance between their embeddings, their saliency, neighbors and steps."""
    st.markdown("Choose a second drawing to compare.")
    history = current_history()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = choose_drawing(history, "Second drawing", "second-drawing", 1)
    other = make_subject(history, *chosen, subject.recognizers[:1])
    if not other:
        return
    found = explorable(subject.prediction.model)
    table = None
    if found:
        feature_maps, index = found
        first, second = (feature_maps.embed(each.image[None])[0] for each in (subject, other))
        distance = index.distance(first, second)
        st.markdown(
            f"To the model, the two drawings are **{distance:.2f}** apart. For comparison: a training digit and its "
            "nearest neighbor are typically 1 apart."
        )
        row = {"first": subject.name, "second": other.name, "distance": round(distance, 3)}
        table = pd.DataFrame([row])
    for column, each in zip(st.columns(2, gap="medium"), (subject, other), strict=True):
        with column:
            st.subheader(each.name)
            st.html(predictions_html(each.predictions[:1]))
            refused = bool(each.prediction.reason)
            evidence = explain(each.recognizer.model.classifier, each.image, refused=refused).prediction
            where = f"Strongest {evidence.region}" if evidence.region else "No region stands out"
            caption = f"<b>Saliency map</b><br>{where}"
            show_figures([figure(overlay(each.image, evidence.saliency), f"Saliency map. {where}", caption, _SIDE)])
            if found:
                show_neighbors(each.prediction, *found, _NEIGHBORS)
            with st.expander("Preprocessing steps"):
                show_steps(each.prediction.steps)
    steps = [Step(each.name, each.prediction.steps[-1].image, "network input") for each in (subject, other)]
    show_downloads("compared", steps, table)
