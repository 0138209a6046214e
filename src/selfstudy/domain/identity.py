"""Content hashes and derived seeds: the same inputs give the same names and the same randomness everywhere."""

from __future__ import annotations

import hashlib


def content_hash(*parts: str) -> str:
    """SHA-256 over length-prefixed parts, as 64 hex digits; ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def derive_seed(run: int, round: int, passage: str, repeat: int, stream: str) -> int:
    """Seed = H(run, round, passage, repeat, stream), 63 bits.

    A candidate's own identity is left out on purpose: siblings in a race share initialisation, data order and quiz
    (common random numbers), so that only their self-edits differ.
    """
    return int(content_hash("seed", str(run), str(round), passage, str(repeat), stream)[:15], 16)
