import pytest

from tests.support.page_actions import tables


@pytest.mark.full
def test_line_card_shows_metrics_charts_and_speed(app):
    app.switch_page("pages/models.py").run()
    app.segmented_control(key="model-card").set_value("line").run()

    assert not app.exception
    assert [header.value for header in app.header] == [
        "Accuracy",
        "Known weaknesses",
        "Calibration",
        "Architecture",
        "Training",
        "Speed",
    ]
    errors = next(rows for rows in tables(app).values() if "subset" in rows[0])
    assert {row["subset"] for row in errors} == {"All lines", "Confident"}
    assert "False accepts" in " ".join(markdown.value for markdown in app.markdown)

    next(button for button in app.button if button.label == "Measure").click().run()
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Model only, eight digits"].endswith(" ms")
    assert values["Drawing of eight digits to prediction"].endswith(" ms")
    assert any("ORAND-CAR-A" in option for option in app.selectbox(key="line-test-set").options)
