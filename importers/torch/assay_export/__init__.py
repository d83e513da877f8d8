"""Models of PyTorch as ONNX files."""
