"""The devices of this JAX, by the names that contestants end in. The packages of requirements.lock have the processor alone; where a plugin
for GPUs is installed, as by cuda.lock, its devices are there too."""

import importlib
import importlib.util
import pkgutil
import platform

import jax
from assay_runner import Unsupported

_GPUS = ("cuda", "rocm")


def _has_plugins():
    """Whether there is more than the processor to ask for; to ask starts XLA, with its threads."""
    return importlib.util.find_spec("jax_plugins") is not None and any(
        pkgutil.iter_modules(importlib.import_module("jax_plugins").__path__)
    )


def available_devices():
    """[{"name", "description"}], the CPU first."""
    devices = [{"name": "cpu", "description": platform.processor() or platform.machine()}]
    for name in _GPUS if _has_plugins() else ():
        try:
            devices.append({"name": name, "description": jax.devices(name)[0].device_kind})
        except RuntimeError:
            continue  # no such driver or card
    return devices


def use_device(name):
    """Puts arrays on the device of that name from now on; Unsupported where this JAX or this machine does not have it."""
    names = [device["name"] for device in available_devices()]
    if name not in names:
        raise Unsupported("device", f"no device {name}: this JAX offers {', '.join(names)}")
    jax.config.update("jax_default_device", jax.devices(name)[0])
