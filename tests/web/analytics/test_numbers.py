from dataclasses import replace

import pytest

from digitrec.prediction import InputMethod, NumberVerdict
from digitrec.samples import NUMBER_CANVAS_WIDTH, samples, strokes_to_png, write_number
from tests.support.page_actions import tables, text


def test_numbers_are_counted_apart_from_digits(app, history, saved_number):
    app.switch_page("pages/analytics.py").run()
    assert "these numbers really are was told by nobody" in "".join(markdown.value for markdown in app.markdown)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Right, of 0 told"], shown["Digits right, of 0"]) == ("–", "–")

    history.set_label(saved_number.prediction_id, "2028")
    app.run()
    assert [header.value for header in app.header] == ["Whole numbers", "Which numbers was it least sure of?"]
    assert "1 number of which somebody told what they really are, with 4 digits" in text(app)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Numbers"], shown["Not a number"]) == ("1", "0.0%")
    assert (shown["Right, of 1 told"], shown["Digits right, of 4"]) == ("0.0%", "75.0%")
    assert "Records" not in shown
    shown = tables(app)
    assert shown["How long are the numbers?"] == [{"length": 4, "verdict": "Confident", "records": 1}]
    assert shown["Are longer numbers read wrong more often?"] == [{"length": 4, "records": 1, "accuracy": 0.0}]
    assert [row["verdict"] for row in shown["How sure was it of whole numbers?"]] == ["Confident"]
    assert "When it says 80 % of a whole number, is it right in 80 %?" not in shown


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
    assert sum(row["records"] for row in shown["How long are the numbers?"]) == 20
    assert shown["How many numbers were read each hour?"][0]["records"] == 30
    assert shown["When it says 80 % of a whole number, is it right in 80 %?"][0] == {
        "records": 29,
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
