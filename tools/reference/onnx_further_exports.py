"""Further small networks as PyTorch's two exporters write them, at operator sets 17 to 20, with PyTorch's values and gradients (float64).

Attention as MatMul and Softmax, Einsum, ScatterND, an If of a shape, odd transposed convolutions, bicubic and antialiased resizing, norms; and a model whose
LayerNorm is a local function with an attribute of the call, written by hand in the form that onnxscript gives them. Writes
packages/onnx/test/reference/exported/*.onnx and further.json.gz.

    python tools/reference/onnx_further_exports.py        (needs torch, onnx, onnxscript)
"""

import gzip
import json
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx_exported_models import OUT, forget_origin, randomise
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")


class AttentionDecoder(nn.Module):
    """Self-attention over the places of a picture behind GroupNorm and LayerNorm, an odd ConvTranspose, bicubic and (dynamo only) antialiased resizing."""

    def __init__(self, antialias):
        super().__init__()
        self.antialias = antialias
        self.first, self.norm, self.layer_norm = nn.Linear(6, 8 * 4 * 4), nn.GroupNorm(2, 8), nn.LayerNorm(8)
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.up, self.rgb = nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1), nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z):
        x = self.first(z).view(-1, 8, 4, 4)
        h = self.layer_norm(self.norm(x).flatten(2).transpose(1, 2))
        q, k, v = [t.reshape(-1, 16, 2, 4).transpose(1, 2) for t in self.qkv(h).chunk(3, -1)]
        a = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, 16, 8)
        x = self.up(x + self.out(a).transpose(1, 2).reshape(-1, 8, 4, 4))
        x = F.interpolate(F.silu(x), scale_factor=1.5, mode="bicubic", align_corners=False)
        x = F.interpolate(x, size=(10, 10), mode="bilinear", antialias=self.antialias, align_corners=False)
        return torch.tanh(self.rgb(x))


class EinsumMapping(nn.Module):
    """Products by einsum, numbers written into a slice, a squeeze of what may be 1, lengths of rows."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.randn(3, 6, 5)), nn.Parameter(torch.randn(5, 4))

    def forward(self, x):
        y = F.softplus(torch.einsum("nk,rkd->nrd", x, self.a))
        y[:, 1, :2] = y[:, 0, 1:3] * 2
        z = torch.einsum("nrd,dj->nrj", y, self.b)
        return F.normalize(z[:, :1].squeeze(1) + F.elu(z[:, 2]), dim=1)


class VisionTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 4)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.token, self.place = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 10, 8))

    def forward(self, x):
        patches = self.embed(x).flatten(2).transpose(1, 2)
        return self.head(self.encoder(torch.cat([self.token.expand(x.shape[0], -1, -1), patches], 1) + self.place)[:, 0])


class Squeezed(nn.Module):
    """A scripted function, whose squeeze the exporter writes as an If of the shape; half-precision weights, widened; adaptive pooling, PReLU."""

    def __init__(self):
        super().__init__()
        self.convolution, self.norm, self.slope = nn.Conv2d(3, 6, 3, padding=1), nn.InstanceNorm2d(6, affine=True), nn.PReLU(6)
        self.head = nn.Parameter(torch.randn(6, 3).half().float())

    def forward(self, x):
        h = self.slope(self.norm(self.convolution(x.clamp(-1, 1))))
        return torch.sigmoid(scripted_rows(F.adaptive_avg_pool2d(h, 1)) @ self.head)


class ConvNext(nn.Module):
    """LayerNorm of channels last, a depthwise convolution, a layer scale; its mean over places becomes as_strided, a Gather from all elements in a row."""

    def __init__(self):
        super().__init__()
        self.stem, self.first, self.shrink = nn.Conv2d(3, 4, 2, 2), nn.LayerNorm(4), nn.Conv2d(4, 6, 2, 2)
        self.depthwise, self.norm = nn.Conv2d(6, 6, 7, padding=3, groups=6), nn.LayerNorm(6)
        self.wide, self.narrow, self.scale = nn.Linear(6, 12), nn.Linear(12, 6), nn.Parameter(torch.randn(6))
        self.last, self.head = nn.LayerNorm(6), nn.Linear(6, 4)

    def forward(self, x):
        x = self.shrink(self.first(self.stem(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
        y = self.scale * self.narrow(F.gelu(self.wide(self.norm(self.depthwise(x).permute(0, 2, 3, 1)))))
        return self.head(self.last(F.adaptive_avg_pool2d(x + y.permute(0, 3, 1, 2), 1).flatten(1)))


@torch.jit.script
def scripted_rows(x):
    y = torch.squeeze(x, 3)
    if y.size(1) == 6:
        y = y * 2.0
    return torch.squeeze(y, 2)

def local_functions(path, model):
    """Linear, LayerNorm as a function of a function, tanh; the weights in half precision."""
    op = helper.make_node
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
    centred = helper.make_function(
        "local", "Centred", ["x"], ["centred"], [op("Constant", [], ["axes"], value_ints=[-1]), op("ReduceMean", ["x", "axes"], ["mean"]), op("Sub", ["x", "mean"], ["centred"])], opsets[:1]
    )
    epsilon = helper.make_node("Constant", [], ["eps"])
    epsilon.attribute.append(onnx.AttributeProto(name="value_float", ref_attr_name="epsilon", type=onnx.AttributeProto.FLOAT))
    body = [
        op("Centred", ["x"], ["c"], domain="local"), op("Mul", ["c", "c"], ["square"]), op("Constant", [], ["axes"], value_ints=[-1]),
        op("ReduceMean", ["square", "axes"], ["variance"]), epsilon, op("Add", ["variance", "eps"], ["sum"]), op("Sqrt", ["sum"], ["deviation"]),
        op("Div", ["c", "deviation"], ["unit"]), op("Mul", ["unit", "scale"], ["scaled"]), op("Add", ["scaled", "shift"], ["y"]),
    ]
    norm = helper.make_function("local", "LayerNorm", ["x", "scale", "shift"], ["y"], body, opsets, attributes=["epsilon"])
    half = lambda name, tensor: numpy_helper.from_array(tensor.detach().numpy().astype(np.float16), name)
    weights = [half("weight", model[0].weight), half("bias", model[0].bias), half("scale", model[1].weight), half("shift", model[1].bias)]
    to_float = [op("Cast", [w.name], [w.name + "_float"], to=TensorProto.FLOAT) for w in weights]
    nodes = [*to_float, op("Gemm", ["x", "weight_float", "bias_float"], ["h"], transB=1),
             op("LayerNorm", ["h", "scale_float", "shift_float"], ["normal"], domain="local", epsilon=model[1].eps), op("Tanh", ["normal"], ["y"])]
    io = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", d]) for n, d in [("x", 6), ("y", 5)]]
    graph = helper.make_graph(nodes, "local functions", io[:1], io[1:], weights)
    onnx.save(helper.make_model(graph, functions=[centred, norm], opset_imports=opsets, ir_version=9), path)


def halved():
    """What `local_functions` writes, its weights as half precision has them."""
    model = nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5, eps=1e-2), nn.Tanh())
    return model


def main():
    script = lambda opset: {"opset_version": opset, "dynamo": False}
    dynamo = lambda opset: {"opset_version": opset, "dynamo": True}
    networks = [
        ("attention", lambda: AttentionDecoder(False), (6,), script(17)),
        ("attention-dynamo", lambda: AttentionDecoder(True), (6,), dynamo(18)),
        ("einsum", EinsumMapping, (6,), script(19)),
        ("einsum-dynamo", EinsumMapping, (6,), dynamo(20)),
        ("transformer", VisionTransformer, (3, 12, 12), script(18)),
        ("transformer-dynamo", VisionTransformer, (3, 12, 12), dynamo(19)),
        ("convnext-dynamo", ConvNext, (3, 12, 12), dynamo(18)),
        ("squeezed", Squeezed, (3, 8, 8), script(20)),
        ("local-functions", halved, (6,), None),
    ]
    results = {}
    for name, make, shape, options in networks:
        torch.manual_seed(1)
        model = randomise(make())
        path = OUT / f"{name}.onnx"
        x = torch.randn(2, *shape)
        if options is None:
            model = model.half().float()
            local_functions(path, model)
        else:
            axes = {"dynamic_axes": {"x": {0: "batch"}, "y": {0: "batch"}}}
            if options["dynamo"]:
                axes = {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
            torch.onnx.export(model, (x,), str(path), input_names=["x"], output_names=["y"], **axes, **options)
            forget_origin(path)
        inputs = torch.randn(3, *shape).double().requires_grad_(True)
        y = model.double()(inputs)
        cotangent = torch.randn_like(y)
        (gradient,) = torch.autograd.grad((y * cotangent).sum(), inputs)
        pack = lambda t: {"dims": list(t.shape), "data": [float(f"{v:.6g}") for v in t.detach().flatten().tolist()]}
        results[name] = {"x": pack(inputs), "cotangent": pack(cotangent), "y": pack(y), "gradient": pack(gradient)}
        print(name, path.stat().st_size // 1024, "KB", sorted({n.op_type for n in onnx.load(path).graph.node}))
    text = json.dumps({"generator": "tools/reference/onnx_further_exports.py", "torch": torch.__version__, "models": results}, separators=(",", ":"))
    (OUT / "further.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
