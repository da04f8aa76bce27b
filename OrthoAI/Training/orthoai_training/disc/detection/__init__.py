"""Detection of the lumbar region (stage A) and of the discs inside it (stage B): pictures, training and figures."""
