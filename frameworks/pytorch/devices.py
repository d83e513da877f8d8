"""The devices of this PyTorch, by the names that contestants end in."""

import platform

import torch
from assay_runner import Unsupported


def available_devices():
    """[{"name", "description"}], the CPU first."""
    devices = [{"name": "cpu", "description": platform.processor() or platform.machine()}]
    if torch.cuda.is_available():
        name = "rocm" if torch.version.hip else "cuda"
        devices.append({"name": name, "description": torch.cuda.get_device_name()})
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        devices.append({"name": "xpu", "description": torch.xpu.get_device_name()})
    if torch.backends.mps.is_available():
        devices.append({"name": "metal", "description": "Metal Performance Shaders"})
    return devices


def torch_device(name):
    """The torch.device of that name; Unsupported when this machine or this wheel does not have it."""
    names = [device["name"] for device in available_devices()]
    if name not in names:
        raise Unsupported("device", f"no device {name}: this PyTorch offers {', '.join(names)}")
    return torch.device({"rocm": "cuda", "metal": "mps"}.get(name, name))


def synchronizer(device):
    """A function that waits until the device has done all its work."""
    if device.type == "cpu":
        return lambda: None
    return torch.get_device_module(device).synchronize
