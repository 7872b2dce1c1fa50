"""Randomness that depends only on the seed: named streams, and traits hashed from an identity.

Each part of the world draws from its own stream, so a change in one part does not reshuffle the
others. Traits (gives a place or not, carrier) are hashed from the person's number, so that a person
has the same traits everywhere without a table of people.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]


def make_generator(seed: int, name: str) -> np.random.Generator:
    """Return the random generator of the part `name` in the world of `seed`."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def scramble_bits(values: Ints | Words) -> Words:
    """Return 64 well mixed bits for each value (the finaliser of splitmix64, a bijection)."""
    x = values.astype(np.uint64)
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)


def draw_trait(seed: int, name: str, who: Ints) -> Floats:
    """Return a uniform number in [0, 1) for each person and the trait `name`."""
    salt = np.uint64((zlib.crc32(name.encode()) << 32) ^ (seed & 0xFFFFFFFF))
    return np.asarray((scramble_bits(scramble_bits(who) ^ salt) >> np.uint64(11)) / 2.0**53)


def draw_choices(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Draw `size` indices in proportion to `weights`."""
    edges = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(edges, rng.random(size), side="right"), len(weights) - 1)


def draw_uniform(rng: np.random.Generator, low: float, high: float, size: int) -> Floats:
    """Draw log-uniformly between two positive numbers."""
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), size)))
