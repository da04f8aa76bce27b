"""`orthoai evaluate`, and what the evaluations of several tasks share."""
