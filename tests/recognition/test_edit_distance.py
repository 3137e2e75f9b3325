import pytest

from digitrec.recognition.edit_distance import edit_distance


@pytest.mark.parametrize(
    ("text", "other", "expected"), [("", "", 0), ("123", "123", 0), ("123", "13", 1), ("17", "71", 2), ("", "55", 2)]
)
def test_edit_distance_counts_the_fewest_edits(text, other, expected):
    assert edit_distance(text, other) == edit_distance(other, text) == expected
