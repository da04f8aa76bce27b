"""Simulated anatomy: posed bones in soft tissue, scanned by a simulated CT. Torch, seeded, CPU or GPU."""
