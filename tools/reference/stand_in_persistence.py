"""A stand-in for NVlabs' `torch_utils.persistence`, with the same layout in a pickle and none of its code.

A persistent object is reduced to a call of `torch_utils.persistence._reconstruct_persistent_obj` with one dict
{type, version, module_src, class_name, state}; `state` is the object's `__dict__` with `_init_args` and `_init_kwargs` in it.
"""

import sys
import types

import torch


def _reconstruct_persistent_obj(meta):
    raise NotImplementedError("the stand-in writes files only")


class EasyDict(dict):
    """A dict under NVlabs' name."""


for module_name, members in {
    "torch_utils": {},
    "torch_utils.persistence": {"_reconstruct_persistent_obj": _reconstruct_persistent_obj},
    "dnnlib": {},
    "dnnlib.util": {"EasyDict": EasyDict},
}.items():
    module = sys.modules.setdefault(module_name, types.ModuleType(module_name))
    for name, member in members.items():
        member.__module__ = module_name
        setattr(module, name, member)


class Persistent(torch.nn.Module):
    """A module that remembers its constructor's keyword arguments and pickles in NVlabs' layout."""

    def __init__(self, **kwargs):
        super().__init__()
        self._init_args = ()
        self._init_kwargs = EasyDict(kwargs)

    def __reduce__(self):
        meta = dict(
            type="class",
            version=6,
            module_src="raise SystemExit('the source inside a checkpoint was run')",
            class_name=getattr(self, "persistent_name", type(self).__name__),
            state=dict(self.__dict__),
        )
        return (_reconstruct_persistent_obj, (meta,))


class Generator(Persistent):
    """Any tree of modules with the names it is asked for."""


def tree(tensors: dict[str, torch.Tensor], buffers: set[str], root: Persistent) -> Persistent:
    """Hangs tensors into a tree of modules by their dotted names. `buffers`: last parts of the names that are no parameters."""
    for path, tensor in tensors.items():
        *parents, name = path.split(".")
        module = root
        for parent in parents:
            if parent not in module._modules:
                module.add_module(parent, Persistent())
                module._modules[parent].persistent_name = parent
            module = module._modules[parent]
        if name in buffers:
            module.register_buffer(name, tensor)
        else:
            module.register_parameter(name, torch.nn.Parameter(tensor))
    return root


def persistent_network(values) -> dict:
    """A file like those of stylegan2-ada-pytorch, with a small made-up network."""
    shapes = {
        "synthesis.b4.const": (8, 4, 4),
        "synthesis.b4.conv1.weight": (8, 8, 3, 3),
        "synthesis.b4.conv1.noise_strength": (),
        "synthesis.b4.conv1.noise_const": (4, 4),
        "mapping.fc0.weight": (6, 6),
        "mapping.w_avg": (6,),
    }
    root = Generator(z_dim=6, c_dim=0, w_dim=6, img_resolution=8, img_channels=3, mapping_kwargs={"num_layers": 1})
    tree({name: values(name, shape) for name, shape in shapes.items()}, {"noise_const", "w_avg"}, root)
    return {
        "training_set_kwargs": EasyDict(class_name="training.dataset.ImageFolderDataset", resolution=8),
        "G": None,
        "D": None,
        "G_ema": root,
        "augment_pipe": None,
    }
