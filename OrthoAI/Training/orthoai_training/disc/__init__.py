"""Training and evaluation of the lumbar-disc task (Sayed et al., Scientific Reports 15:593, 2025)."""
