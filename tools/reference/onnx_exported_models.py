"""Small networks exported by PyTorch's own exporters, with PyTorch's values and gradients (float64), to check differentiate().

A DCGAN, a VAE decoder with group norm and GELU, a residual network with batch norm and max pooling, StyleGAN2 with shared weights, and StyleGAN2
with weights modulated for each image and grouped convolutions (the batch is then fixed). Weights come from a seed. Writes
packages/onnx/test/reference/exported/*.onnx and models.json.gz.

    python tools/reference/onnx_exported_models.py        (needs torch, onnx, onnxscript)
"""

import gzip
import json
import math
import pathlib
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).parents[2] / "packages/onnx/test/reference/exported"
warnings.filterwarnings("ignore")


class Dcgan(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Unflatten(1, (6, 1, 1)),
            nn.ConvTranspose2d(6, 8, 4), nn.BatchNorm2d(8), nn.ReLU(),
            nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.LeakyReLU(0.1),
            nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh(),
        )


class VaeDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 8 * 4 * 4)
        self.norm, self.layer_norm = nn.GroupNorm(2, 8), nn.LayerNorm([4, 4])
        self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, z):
        x = self.layer_norm(self.first(z).view(-1, 8, 4, 4))
        x = x + self.a(F.gelu(self.norm(x)))
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.interpolate(F.silu(x), size=(12, 12), mode="bilinear", align_corners=False)
        return torch.sigmoid(self.b(x)) * 2 - 1


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.a, self.na = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.b, self.nb = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.skip = nn.Identity() if stride == 1 else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.nb(self.b(F.relu(self.na(self.a(x))))) + self.skip(x))


class ResNet18(nn.Module):
    """ResNet18's layers with 4 to 8 channels, with the regressor's preprocessing inside."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        widths = [(4, 4, 1), (4, 6, 2), (6, 6, 2), (6, 8, 2)]
        self.layers = nn.Sequential(*[nn.Sequential(Block(i, o, s), Block(o, o, 1)) for i, o, s in widths])
        self.head = nn.Linear(8, 5)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x):
        x = (F.interpolate(x.clamp(-1, 1), size=32) / 2 + 0.5 - self.mean) / self.deviation
        return F.log_softmax(self.head(F.adaptive_avg_pool2d(self.layers(self.stem(x)), 1).flatten(1)), 1)


class StyleGan2(nn.Module):
    def __init__(self, grouped):
        super().__init__()
        self.grouped = grouped
        self.constant = nn.Parameter(torch.randn(1, 6, 4, 4))
        self.weights = nn.ParameterList([torch.randn(o, i, 3, 3) for i, o in [(6, 6), (6, 4), (4, 4)]])
        self.affine = nn.ModuleList([nn.Linear(6, i) for i in (6, 6, 4, 6, 4)])
        self.rgb = nn.ParameterList([torch.randn(3, i, 1, 1) for i in (6, 4)])
        self.noise = nn.ParameterList([torch.randn(1, 1, s, s) for s in (4, 8, 8)])
        row = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.register_buffer("blur", torch.outer(row, row) / 16)

    def convolve(self, x, style, weight, up, demodulate=True):
        n, c, h, w = x.shape
        o, size = weight.shape[0], weight.shape[2]
        weight = weight / math.sqrt(c * size * size)
        if self.grouped:
            own = weight[None] * style[:, None, :, None, None]
            if demodulate:
                own = own * torch.rsqrt(own.pow(2).sum([2, 3, 4]) + 1e-8).view(n, o, 1, 1, 1)
            x = x.reshape(1, n * c, h, w)
            if up:
                own = own.transpose(1, 2).reshape(n * c, o, size, size)
                y = F.conv_transpose2d(x, own, stride=2, groups=n)
            else:
                y = F.conv2d(x, own.view(n * o, c, size, size), padding=size // 2, groups=n)
            y = y.view(n, o, *y.shape[2:])
        else:
            x = x * style[:, :, None, None]
            y = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2) if up else F.conv2d(x, weight, padding=size // 2)
            if demodulate:
                y = y * torch.rsqrt(F.linear(style.square(), weight.square().sum((2, 3))) + 1e-8)[:, :, None, None]
        return F.conv2d(y, self.blur.repeat(o, 1, 1, 1), padding=1, groups=o) if up else y

    def forward(self, w):
        x, picture = self.constant.repeat(w.shape[0], 1, 1, 1), None
        for i, weight in enumerate(self.weights):
            x = self.convolve(x, self.affine[i](w), weight, up=i == 1) + self.noise[i] * 0.1
            x = F.leaky_relu(x, 0.2) * math.sqrt(2)
            if i == 1:
                continue
            y = self.convolve(x, self.affine[3 + i // 2](w), self.rgb[i // 2], False, demodulate=False)
            if picture is not None:
                double = self.blur.repeat(3, 1, 1, 1)
                picture = F.conv_transpose2d(picture, double, stride=2, padding=1, groups=3) + y
            else:
                picture = y
        return picture


def randomise(model):
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.dtype.is_floating_point and not name.endswith(("mean", "deviation", "blur")):
            with torch.no_grad():
                tensor.copy_(torch.rand_like(tensor) + 0.5 if "var" in name else torch.randn_like(tensor) * (0.5 if tensor.ndim > 1 else 1))
    return model.eval()


def forget_origin(path):
    """Removes what the exporter notes of the exporting machine: stack traces with its paths."""
    model = onnx.load(path)
    model.ClearField("metadata_props")
    graph = model.graph
    for part in [graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    networks = [
        ("dcgan", Dcgan, (6,), True, {"opset_version": 17, "dynamo": False}),
        ("vae-decoder", VaeDecoder, (6,), True, {"opset_version": 20, "dynamo": False}),
        ("resnet18", ResNet18, (3, 20, 20), True, {"opset_version": 13, "dynamo": False}),
        ("stylegan2-shared", lambda: StyleGan2(False), (6,), True, {"opset_version": 17, "dynamo": False}),
        ("stylegan2-grouped", lambda: StyleGan2(True), (6,), False, {"opset_version": 17, "dynamo": False}),
        ("dcgan-dynamo", Dcgan, (6,), True, {"opset_version": 18, "dynamo": True}),
        ("stylegan2-dynamo", lambda: StyleGan2(False), (6,), True, {"opset_version": 21, "dynamo": True}),
    ]
    results = {}
    for name, make, shape, dynamic, options in networks:
        torch.manual_seed(1)
        model = randomise(make())
        x = torch.randn(2, *shape)
        path = OUT / f"{name}.onnx"
        axes = {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}} if dynamic and not options["dynamo"] else {}
        if options["dynamo"]:
            axes = {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
        torch.onnx.export(model, (x,), str(path), input_names=["x"], output_names=["y"], **axes, **options)
        forget_origin(path)
        # Gradients at another batch than the exported one, where it is free.
        inputs = torch.randn(3 if dynamic else 2, *shape).double().requires_grad_(True)
        y = model.double()(inputs)
        cotangent = torch.randn_like(y)
        (gradient,) = torch.autograd.grad((y * cotangent).sum(), inputs)
        pack = lambda t: {"dims": list(t.shape), "data": [float(f"{v:.6g}") for v in t.detach().flatten().tolist()]}
        results[name] = {"x": pack(inputs), "cotangent": pack(cotangent), "y": pack(y), "gradient": pack(gradient)}
        print(name, path.stat().st_size // 1024, "KB")
    text = json.dumps({"generator": "tools/reference/onnx_exported_models.py", "torch": torch.__version__, "models": results}, separators=(",", ":"))
    (OUT / "models.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
