from dataclasses import replace

import pytest

from digitrec.prediction import InputMethod, NumberVerdict
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from tests.support.page_actions import tables, text


def test_numbers_are_counted_apart_from_digits(app, history, saved_number):
    app.switch_page("pages/analytics.py").run()
    assert "None of these predictions is labeled" in "".join(markdown.value for markdown in app.markdown)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Accuracy (0 labeled)"], shown["Character error rate"]) == ("–", "–")

    history.set_label(saved_number.prediction_id, "2028")
    app.run()
    assert [header.value for header in app.header] == ["Numbers", "Least confident numbers"]
    assert "1 labeled number with 4 digits" in text(app)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Numbers"], shown["Not a number"]) == ("1", "0.0%")
    assert (shown["Accuracy (1 labeled)"], shown["Character error rate"]) == ("0.0%", "25.0%")
    assert "Predictions" not in shown
    shown = tables(app)
    assert shown["Length of numbers"] == [{"length": 4, "verdict": "Confident", "predictions": 1}]
    assert shown["Exact match by length"] == [{"length": 4, "predictions": 1, "accuracy": 0.0}]
    assert [row["verdict"] for row in shown["Number confidence by verdict"]] == ["Confident"]
    assert "Reliability diagram of numbers" not in shown


def test_rejected_numbers_have_no_length(app, history, saved_number, number_recognizer):
    prediction = number_recognizer.recognize(
        strokes_to_png(write_number("2026", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
    for number in range(29):
        verdict = NumberVerdict.NOT_A_NUMBER if number < 10 else NumberVerdict.NUMBER
        saved = history.save(replace(prediction, verdict=verdict, confidence=0.75), InputMethod.CANVAS)
        history.set_label(saved.prediction_id, "2026")
    history.set_label(saved_number.prediction_id, "2026")
    app.switch_page("pages/analytics.py").run()

    shown = tables(app)
    assert sum(row["predictions"] for row in shown["Length of numbers"]) == 20
    assert sum(row["predictions"] for row in shown["Numbers over time"]) == 30
    assert shown["Reliability diagram of numbers"][0] == {
        "predictions": 29,
        "confidence": pytest.approx(0.75),
        "accuracy": pytest.approx(19 / 29),
    }


def test_least_confident_numbers_can_be_stepped_through(app, history, recognizer, number_recognizer, saved_number):
    prediction = recognizer.recognize(strokes_to_png(samples()[7]), InputMethod.CANVAS)
    digit = history.save(replace(prediction, confidence=0.3), InputMethod.CANVAS)
    prediction = number_recognizer.recognize(
        strokes_to_png(write_number("365", samples()), NUMBER_CANVAS_WIDTH), InputMethod.CANVAS
    )
    other = history.save(replace(prediction, confidence=0.2), InputMethod.CANVAS)
    app.switch_page("pages/analytics.py").run()

    opening = [button.key for button in app.button if button.key.startswith("open-")]
    assert opening == [f"open-{saved.prediction_id}" for saved in (digit, other, saved_number)]
    app.button(key=f"open-{other.prediction_id}").click().run()
    assert app.button(key="previous").disabled
    app.button(key="next").click().run()
    assert app.button(key="next").disabled
    assert "2026" in text(app)
