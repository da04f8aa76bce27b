"""The digest of an image's values tells images apart, not how they are held."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.io.digest import values_sha256

IMAGE = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize("kind", ["u1", "i1", "<i2", ">i2", "<u2", "<i4", "<f4", "<f8"])
def test_type_and_memory_do_not_matter(kind: str) -> None:
    turned = np.asfortranarray(IMAGE.astype(kind))
    assert values_sha256(turned) == values_sha256(IMAGE.astype(kind)) == values_sha256(IMAGE)


def test_every_value_and_its_place_do() -> None:
    digests = {values_sha256(IMAGE), values_sha256(IMAGE[::-1]), values_sha256(IMAGE + 0.5)}
    for n in range(IMAGE.size):
        other = IMAGE.copy()
        other.flat[n] += 1
        digests.add(values_sha256(other))
    assert len(digests) == 3 + IMAGE.size
