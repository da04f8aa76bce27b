"""What OrthoAI does in 3D Slicer: everything that touches MRML or Qt."""
