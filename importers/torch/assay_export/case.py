"""What is to be exported, wherever it came from."""

from dataclasses import dataclass, field


@dataclass
class Case:
    module: object  # torch.nn.Module, in eval mode, on the CPU
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    program: object = None  # torch.export.ExportedProgram, where there is one already
    input_names: list = None  # in the order of the tensors in args and kwargs; None: as PyTorch calls them
    output_names: list = None
    notes: list = field(default_factory=list)  # for people
