"""``orthoai evaluate fracture``: the task on cases with known fractures."""
