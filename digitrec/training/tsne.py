"""t-SNE: a map that keeps points that are close in a high-dimensional space close together."""

import numpy as np
from numpy.typing import NDArray

_PERPLEXITY = 30.0
_STEPS = 400
_EXAGGERATED_STEPS, _EXAGGERATION = 100, 12.0


def embed_in_plane(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a map (N, 2) of points (N, D), scaled to lie between -1 and 1; the same points give the same map.

    Exact t-distributed stochastic neighbor embedding (van der Maaten and Hinton 2008), which starts from the first two
    principal components. Time and memory grow with the square of N.
    """
    count = len(points)
    affinities = _affinities(points)
    _, _, axes = np.linalg.svd(points - points.mean(0), full_matrices=False)
    place = ((points - points.mean(0)) @ axes[:2].T).astype(np.float32)
    place *= np.float32(1e-2) / max(float(place[:, 0].std()), 1e-12)
    velocity, gains = np.zeros_like(place), np.ones_like(place)
    rate = np.float32(max(count / _EXAGGERATION, 50))
    for step in range(_STEPS):
        is_early = step < _EXAGGERATED_STEPS
        closeness = 1 / (1 + _squared_distances(place))
        np.fill_diagonal(closeness, 0)
        forces = np.float32(_EXAGGERATION if is_early else 1) * affinities
        forces -= closeness / closeness.sum()
        forces *= closeness
        gradient = 4 * (forces.sum(1, keepdims=True) * place - forces @ place)
        gains = np.where(np.sign(gradient) == np.sign(velocity), gains * 0.8, gains + 0.2).clip(0.01)
        velocity = np.float32(0.5 if is_early else 0.8) * velocity - rate * gains * gradient
        place = place + velocity
        place -= place.mean(0)
    return np.asarray(place / np.abs(place).max(), np.float32)


def _affinities(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how likely two points are neighbors (N, N): symmetric, and all of them together 1."""
    distances = _squared_distances(points)
    count, goal = len(points), np.log(min(_PERPLEXITY, (len(points) - 1) / 3))
    np.fill_diagonal(distances, np.inf)
    distances -= distances.min(1, keepdims=True)
    low, high = np.full(count, -30.0), np.full(count, 30.0)
    finite = np.where(np.isinf(distances), 0, distances)
    # Bisect the logarithm of the precision of each point until its neighbors have the wanted perplexity.
    for _ in range(40):
        middle = (low + high) / 2
        precision = np.exp(middle)[:, np.newaxis].astype(np.float32)
        weights = np.exp(-distances * precision)
        total = weights.sum(1)
        entropy = np.log(total) + precision[:, 0] * (weights * finite).sum(1) / total
        low, high = np.where(entropy > goal, middle, low), np.where(entropy > goal, high, middle)
    probabilities = weights / total[:, np.newaxis]
    return np.asarray((probabilities + probabilities.T) / (2 * count), np.float32)


def _squared_distances(points: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.einsum("nk,nk->n", points, points)
    squared = lengths[:, np.newaxis] + lengths - 2 * (points @ points.T)
    return np.asarray(np.maximum(squared, 0, out=squared), np.float32)
