"""What is said of a file that cannot be imported: one line that names the node, input or tensor, and what to do."""


class Refused(Exception):
    """`usage`: something must be said on the command line; otherwise the file itself is at fault."""

    def __init__(self, message, usage=False):
        super().__init__(" ".join(str(message).split()))
        self.kind = "usage" if usage else "data"


def called(node):
    """A node as people find it in a viewer: by its name, or by its first output where it has none."""
    name = node.name or next(iter(node.output), "")
    domain = f"{node.domain}." if node.domain not in ("", "ai.onnx") else ""
    return f"node {name} ({domain}{node.op_type})"
