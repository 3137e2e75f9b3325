"""How far a reading is from what is written."""


def edit_distance(text: str, other: str) -> int:
    """The fewest characters to replace, leave out or put in to make one text the other (Levenshtein 1966)."""
    before = list(range(len(other) + 1))
    for row, character in enumerate(text, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (character != wanted)))
        before = now
    return before[-1]
