"""Simulated anatomy, training, evaluation and benchmarks for the OrthoAI engine."""
