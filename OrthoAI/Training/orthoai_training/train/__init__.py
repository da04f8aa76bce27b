"""`orthoai train`, and what the trainings of several tasks share."""
