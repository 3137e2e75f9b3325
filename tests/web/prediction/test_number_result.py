from digitrec.prediction import Hypothesis, NumberPrediction, NumberVerdict
from digitrec.web.prediction.number_result import describe


def test_alternatives_that_are_next_to_impossible_are_left_out():
    def sentences(*alternatives):
        return describe(NumberPrediction(NumberVerdict.NUMBER, "20", 0.99, (), alternatives, (), "line", 1.0))[1]

    assert sentences(Hypothesis("26", 0.001), Hypothesis("?", 0.0009)).endswith("is right. Alternatives: 26 (0.1%).")
    assert sentences(Hypothesis("26", 0.0002)).endswith("is right.")
