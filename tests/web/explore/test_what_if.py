import pytest

from digitrec.imaging.variations import PARAMETERS
from digitrec.prediction import Prediction, Verdict
from digitrec.recognition.exploration.sensitivity import Curve, Sensitivity
from digitrec.web.explore.what_if import describe_range

RANGES = {parameter.name: parameter for parameter in PARAMETERS}


@pytest.mark.parametrize(
    ("name", "holds", "expected"),
    [
        ("slant", (-45, 45), "over the whole range"),
        ("slant", (-12.6, 7.2), "from −13° to +7°"),
        ("slant", (-0.3, 7.2), "from 0° to +7°"),
        ("size", (56.2, 160), "from 56% to 160%"),
        ("stroke", (-16, 0.4), "from −16 px to 0 px"),
    ],
)
def test_range_of_a_prediction_is_said_in_whole_units(name, holds, expected):
    prediction = Prediction(Verdict.DIGIT, "7", 0.9, (), (), "everyhand", 1.0)
    curve = Curve(RANGES[name], (holds[0], holds[1]), (prediction, prediction))

    sentence = describe_range(Sensitivity(curve, holds[0], prediction, holds))

    assert sentence == f"everyhand predicts **7** {expected}."


def test_cross_in_the_chart_is_explained():
    seven, rejected = (
        Prediction(verdict, "7", 0.9, (), (), "everyhand", 1.0) for verdict in (Verdict.DIGIT, Verdict.NOT_A_DIGIT)
    )
    curve = Curve(RANGES["slant"], (-45, 0, 45), (rejected, seven, seven))

    sentence = describe_range(Sensitivity(curve, 0, seven, (-30, 45)))

    assert sentence == "everyhand predicts **7** from −30° to +45°. ✕ marks a rejected drawing."
