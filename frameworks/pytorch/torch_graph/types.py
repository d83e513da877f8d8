"""Element types: by their code in ONNX (TensorProto.DataType) and by their name in the graph, as they are called in PyTorch."""

TORCH_TYPES = {1: "torch.float32", 6: "torch.int32", 7: "torch.int64", 9: "torch.bool", 10: "torch.float16", 11: "torch.float64",
               16: "torch.bfloat16"}

GRAPH_TYPES = {"F32": "torch.float32", "I32": "torch.int32", "I64": "torch.int64", "BOOL": "torch.bool", "F16": "torch.float16",
               "F64": "torch.float64", "BF16": "torch.bfloat16"}
