"""The edit distance between two texts."""


def edit_distance(text: str, other: str) -> int:
    """Return the number of substitutions, deletions and insertions between two texts (Levenshtein 1966)."""
    previous = list(range(len(other) + 1))
    for row, character in enumerate(text, 1):
        current = [row]
        for column, target in enumerate(other, 1):
            substitution = previous[column - 1] + (character != target)
            current.append(min(previous[column] + 1, current[-1] + 1, substitution))
        previous = current
    return previous[-1]
