"""Finding structures in 2D pictures: the Detector interface and its ONNX Runtime engine."""
