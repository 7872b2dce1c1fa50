"""Measures of a printed symbol in a grey picture: contrast, and each module's brightness.

The symbol contrast follows ISO/IEC 15415: the difference of the brightest and the darkest
reflectance, 1 being white on black. A photo has no calibrated white, so the brightest part of the
picture counts as white paper.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Point = tuple[float, float]

_SHIFTS: Final = (-0.5, -0.25, 0.0, 0.25, 0.5)
"""Shifts that are tried, in modules: corners are found to a fraction of a module only."""
_WITHIN: Final = (-0.15, 0.15)
"""Offsets from its centre at which a module is sampled, in modules."""
_WHITE_PERCENTILE: Final = 98


def find_white(grey: Grey) -> float:
    """The brightness of paper in a picture, at least 1."""
    return max(1.0, float(np.percentile(grey[::4, ::4], _WHITE_PERCENTILE)))


def sample_modules(
    grey: Grey, corners: Sequence[Point], modules: int, white: float
) -> NDArray[np.uint8]:
    """The brightness of each module of a symbol: 0 is black, 255 white paper.

    Of several small shifts the one counts that tells dark from light best.
    """
    transform = _solve_perspective(corners)
    tries = (
        _sample(grey, transform, modules, shift_x, shift_y)
        for shift_x in _SHIFTS
        for shift_y in _SHIFTS
    )
    best = max(tries, key=lambda values: np.abs(values - (values.max() + values.min()) / 2).mean())
    return np.clip(best * (255 / white), 0, 255).astype(np.uint8)


def measure_contrast(modules: NDArray[np.uint8]) -> float:
    """The symbol contrast of sampled modules, 0 to 1; the outermost values count as noise."""
    low, high = np.percentile(modules, (5, 95))
    return float(high - low) / 255


def measure_damage(
    modules: NDArray[np.uint8], expected: NDArray[np.uint8], restored: float
) -> float:
    """The share of the error correction that a symbol uses up; at 1 nothing is left.

    `expected` has 1 for dark modules; `restored` is the share of codewords that the error level
    restores. A codeword lies in about 2 × 4 modules, and one wrong module spoils it.
    """
    low, high = np.percentile(modules, (5, 95))
    is_wrong = (modules < (low + high) / 2) != (expected == 1)
    side = len(modules)
    padded = np.pad(is_wrong, ((0, -side % 4), (0, -side % 2)))
    words = padded.reshape(len(padded) // 4, 4, -1, 2).any(axis=(1, 3))
    return float(words.sum()) / (restored * side * side / 8)


def _solve_perspective(corners: Sequence[Point]) -> NDArray[np.float64]:
    """The transform of the unit square to four corners (3 × 3); the identity if they degenerate."""
    rows, target = [], []
    for (x, y), (u, v) in zip(((0, 0), (1, 0), (1, 1), (0, 1)), corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        target += [u, v]
    try:
        solved = np.linalg.solve(np.array(rows, float), np.array(target, float))
    except np.linalg.LinAlgError:
        return np.eye(3)
    return np.append(solved, 1.0).reshape(3, 3)


def _sample(
    grey: Grey, transform: NDArray[np.float64], modules: int, shift_x: float, shift_y: float
) -> NDArray[np.float64]:
    total = np.zeros((modules, modules))
    for along_x in _WITHIN:
        for along_y in _WITHIN:
            x = (np.arange(modules) + 0.5 + shift_x + along_x) / modules
            y = (np.arange(modules) + 0.5 + shift_y + along_y) / modules
            flat = np.stack([*(axis.ravel() for axis in np.meshgrid(x, y)), np.ones(modules**2)])
            u, v, scale = transform @ flat
            scale = np.where(np.abs(scale) < 1e-9, 1e-9, scale)
            column = np.clip(np.nan_to_num(u / scale), 0, grey.shape[1] - 1).astype(np.intp)
            row = np.clip(np.nan_to_num(v / scale), 0, grey.shape[0] - 1).astype(np.intp)
            total += grey[row, column].reshape(modules, modules)
    return total / len(_WITHIN) ** 2
