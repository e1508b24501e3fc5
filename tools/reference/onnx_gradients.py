"""Reference gradients for every rule of @latentflow/onnx.

For each case: the op's value by ONNX's own reference evaluator in float64, its vector-Jacobian product by central finite differences
of that evaluator, and, where PyTorch has the op, by PyTorch's autograd in float64; the two must agree. Writes
packages/onnx/test/reference/gradients.json.gz.

    python tools/reference/onnx_gradients.py        (needs onnx, torch, numpy)
"""

import gzip
import json
import pathlib

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

OUT = pathlib.Path(__file__).parents[2] / "packages/onnx/test/reference/gradients.json.gz"
rng = np.random.default_rng(7)
cases = []


def uniform(*dims, low=-2.0, high=2.0):
    return np.round(rng.uniform(low, high, dims), 3)


def distinct(*dims):
    """Values at least 0.05 apart: no ties, no kink within reach of a finite difference."""
    count = int(np.prod(dims))
    return (rng.permutation(count).reshape(dims) - count / 2 + 0.3) * 0.05


def attribute(value):
    kind = "ints" if isinstance(value, list) and all(isinstance(x, int) for x in value) else None
    if kind is None:
        kind = {int: "int", float: "float", str: "string", list: "floats"}[type(value)]
    return {kind: value}


def model_of(op, opset, attributes, inputs, outputs):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for n, x in zip(names, inputs)
        if n
    ]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    out = [helper.make_tensor_value_info(r, TensorProto.DOUBLE, None) for r in results]
    graph = helper.make_graph([node], "case", infos, out)
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]))


def case(op, inputs, torch_op=None, wrt=(0,), opset=18, outputs=1, use=None, name="", step=1e-4, by_pytorch=False, **attributes):
    """inputs: float arrays, int64 arrays or bool arrays (constants), or None for one left out; by_pytorch: ONNX's evaluator can't run it."""
    evaluator = model_of(op, opset, attributes, inputs, outputs)

    def by_torch(vs):
        result = torch_op(*[None if v is None else torch.tensor(v) for v in vs])
        return [r.numpy() for r in (result if isinstance(result, (tuple, list)) else [result])]

    def run(values):
        if by_pytorch:
            return by_torch(values)
        return evaluator.run(None, {f"x{i}": v for i, v in enumerate(values) if v is not None})

    used = list(range(outputs)) if use is None else use
    values = run(inputs)
    cotangents = {i: uniform(*np.shape(values[i])) for i in used}

    # A few ops of the evaluator compute in float32 inside: there the differences are taken of PyTorch's float64.
    single = torch_op is not None and any(np.abs(by_torch(inputs)[i] - values[i]).max() > 1e-11 for i in used)

    def scalar(vs):
        got = by_torch(vs) if single else run(vs)
        return sum(float((got[i] * cotangents[i]).sum()) for i in used)

    gradients = {}
    for k in wrt:
        numeric = np.zeros_like(inputs[k])
        for index in np.ndindex(*inputs[k].shape):
            ends = []
            for sign in (1, -1):
                moved = [v.copy() if v is not None else None for v in inputs]
                moved[k][index] += sign * step
                ends.append(scalar(moved))
            numeric[index] = (ends[0] - ends[1]) / (2 * step)
        gradients[k] = numeric
    if torch_op is not None:
        tensors = [None if v is None else torch.tensor(v, requires_grad=i in wrt) for i, v in enumerate(inputs)]
        result = torch_op(*tensors)
        result = list(result) if isinstance(result, (tuple, list)) else [result]
        total = sum((result[i] * torch.tensor(cotangents[i])).sum() for i in used)
        exact = torch.autograd.grad(total, [tensors[k] for k in wrt])
        for k, g in zip(wrt, exact):
            error = np.abs(g.numpy() - gradients[k]).max() / (1 + np.abs(g.numpy()).max())
            assert error < 2e-6, f"{op} {name}: PyTorch and finite differences differ by {error} for input {k}"
            gradients[k] = g.numpy()
        for i in used:
            error = np.abs(result[i].detach().numpy() - values[i]).max()
            assert error < 1e-5, f"{op} {name}: PyTorch's value differs by {error}"

    def pack(array):
        flat = np.asarray(array).ravel()
        kind = {"f": "float32", "i": "int64", "b": "bool"}[np.asarray(array).dtype.kind]
        data = [int(v) for v in flat] if kind != "float32" else [float(f"{v:.6g}") for v in flat]
        return {"type": kind, "dims": list(np.shape(array)), "data": data}

    cases.append({
        "name": f"{op} {name}".strip(), "op": op, "opset": opset, "torch": torch_op is not None,
        "attributes": {k: attribute(v) for k, v in attributes.items()},
        "inputs": [None if v is None else pack(v) for v in inputs], "outputs": outputs, "wrt": list(wrt),
        "values": {str(i): pack(values[i]) for i in used}, "cotangents": {str(i): pack(v) for i, v in cotangents.items()},
        "gradients": {str(k): pack(np.asarray(v, dtype=np.float64)) for k, v in gradients.items()},
    })


def ints(*values):
    return np.array(values, dtype=np.int64)


# Arithmetic with broadcasting
a, row, column = uniform(2, 3, 4), uniform(4), uniform(2, 1, 1)
positive = uniform(2, 3, 4, low=0.5, high=2)
case("Add", [a, row], torch.add, wrt=(0, 1))
case("Sub", [column, a], torch.sub, wrt=(0, 1))
case("Mul", [a, column], torch.mul, wrt=(0, 1))
case("Mul", [uniform(3, 1), uniform(2, 1, 4)], torch.mul, wrt=(0, 1), name="both repeated")
case("Div", [a, uniform(3, 1, low=0.5, high=2)], torch.div, wrt=(0, 1))
case("Pow", [positive, row], torch.pow, wrt=(0, 1))
for exponent in (1.0, 2.0, 3.0, -0.5):
    case("Pow", [positive, np.array(exponent)], torch.pow, name=str(exponent))
case("Neg", [a], torch.neg)
case("Sqrt", [positive], torch.sqrt)
case("Reciprocal", [positive], torch.reciprocal)
case("Exp", [a], torch.exp)
case("Log", [positive], torch.log)
case("Abs", [distinct(2, 3, 4)], torch.abs)
case("Sin", [a], torch.sin)
case("Cos", [a], torch.cos)
case("Sum", [a, row, column], lambda x, y, z: x + y + z, wrt=(0, 1, 2))
case("Mean", [a, row], lambda x, y: (x + y) / 2, wrt=(0, 1))
case("Min", [distinct(2, 3, 4), np.array([0.02, 0.11, -0.13, 0.31])], torch.minimum, wrt=(0, 1), step=1e-5)
case("Max", [distinct(2, 3, 4), np.array([0.02, 0.11, -0.13, 0.31])], torch.maximum, wrt=(0, 1), step=1e-5)

# Activations
x = distinct(3, 5, 3)
case("Relu", [x], F.relu)
case("LeakyRelu", [x], lambda v: F.leaky_relu(v, 0.2), alpha=0.2)
case("PRelu", [distinct(2, 3, 4), uniform(3, 1, low=0.1, high=0.5)], lambda v, s: torch.where(v > 0, v, v * s), wrt=(0, 1))
case("Elu", [x], lambda v: F.elu(v, 0.7), alpha=0.7)
case("Selu", [x], F.selu)
case("Celu", [x], lambda v: F.celu(v, 0.6), alpha=0.6)
case("Sigmoid", [x], torch.sigmoid)
case("Tanh", [x], torch.tanh)
case("Softplus", [x], F.softplus)
case("Softsign", [x], F.softsign)
case("Erf", [x], torch.erf)
case("Gelu", [x], F.gelu, opset=20)
case("Gelu", [x], lambda v: F.gelu(v, approximate="tanh"), opset=20, approximate="tanh", name="tanh")
case("HardSigmoid", [4 * x], lambda v: torch.clamp(v * 0.2 + 0.5, 0, 1), step=1e-5)
case("HardSwish", [4 * x], F.hardswish, step=1e-5)
case("Clip", [x, np.array(-0.5), np.array(0.6)], lambda v, lo, hi: torch.clamp(v, -0.5, 0.6), step=1e-5)
case("Clip", [x, None, np.array(0.6)], lambda v, lo, hi: torch.clamp(v, max=0.6), step=1e-5, name="above only")
case("Identity", [x], lambda v: v * 1)

# Selection
condition = rng.random((2, 3, 1)) < 0.5
case("Where", [condition, a, row], torch.where, wrt=(1, 2))
case("Softmax", [a], lambda v: F.softmax(v, -1), axis=-1)
case("Softmax", [a], lambda v: F.softmax(v, 1), axis=1, name="axis 1")
case("LogSoftmax", [a], lambda v: F.log_softmax(v, -1), axis=-1)

# Reductions
for op, f in {
    "ReduceSum": lambda v, d, k: v.sum(d, keepdim=k), "ReduceMean": lambda v, d, k: v.mean(d, keepdim=k),
    "ReduceMax": lambda v, d, k: v.amax(d, keepdim=k), "ReduceMin": lambda v, d, k: v.amin(d, keepdim=k),
    "ReduceL1": lambda v, d, k: v.abs().sum(d, keepdim=k), "ReduceL2": lambda v, d, k: v.pow(2).sum(d, keepdim=k).sqrt(),
    "ReduceSumSquare": lambda v, d, k: v.pow(2).sum(d, keepdim=k), "ReduceLogSumExp": lambda v, d, k: v.logsumexp(d, keepdim=k),
}.items():
    v = distinct(2, 3, 4)
    case(op, [v, ints(1, -1)], lambda t, _, f=f: f(t, (1, 2), False), keepdims=0, step=1e-5)
    case(op, [v, ints(1)], lambda t, _, f=f: f(t, (1,), True), keepdims=1, step=1e-5, name="kept")
case("ReduceMean", [uniform(2, 3, 4)], lambda v: v.mean((1, 2), keepdim=True), opset=13, axes=[1, 2], keepdims=1, name="operator set 13")
case("ReduceSum", [uniform(2, 3)], lambda v: v.sum(), keepdims=0, name="all")

# Products
case("Gemm", [uniform(3, 4), uniform(4, 2), uniform(2)], lambda p, q, c: p @ q + c, wrt=(0, 1, 2))
case("Gemm", [uniform(3, 4), uniform(2, 4), uniform(3, 1)], lambda p, q, c: 0.5 * p @ q.T + 2 * c, wrt=(0, 1, 2), transB=1, alpha=0.5, beta=2.0, name="transB")
case("Gemm", [uniform(4, 3), uniform(2, 4)], lambda p, q: p.T @ q.T, wrt=(0, 1), transA=1, transB=1, name="transA transB")
case("MatMul", [uniform(3, 4), uniform(4, 2)], torch.matmul, wrt=(0, 1))
case("MatMul", [uniform(2, 3, 4), uniform(4, 2)], torch.matmul, wrt=(0, 1), name="shared right")
case("MatMul", [uniform(2, 1, 3, 4), uniform(3, 4, 2)], torch.matmul, wrt=(0, 1), name="repeated")
case("MatMul", [uniform(3, 4), uniform(4)], torch.matmul, wrt=(0, 1), name="vector right")
case("MatMul", [uniform(4), uniform(2, 4, 3)], torch.matmul, wrt=(0, 1), name="vector left")
case("MatMul", [uniform(4), uniform(4)], torch.matmul, wrt=(0, 1), name="vectors")

# Convolutions
def conv(stride=1, pad=0, dilation=1, groups=1):
    return lambda v, w, b=None: F.conv2d(v, w, b, stride, pad, dilation, groups)

case("Conv", [uniform(2, 3, 5, 6), uniform(4, 3, 3, 3), uniform(4)], conv(pad=1), wrt=(0, 1, 2), pads=[1, 1, 1, 1])
case("Conv", [uniform(2, 2, 7, 6), uniform(3, 2, 3, 2)], conv((2, 3), (1, 0)), wrt=(0, 1), strides=[2, 3], pads=[1, 0, 1, 0], name="strides")
case("Conv", [uniform(1, 4, 7, 7), uniform(6, 2, 3, 3)], conv(2, 2, 2, 2), wrt=(0, 1), strides=[2, 2], pads=[2, 2, 2, 2], dilations=[2, 2], group=2, name="dilated groups")
case("Conv", [uniform(2, 3, 5, 5), uniform(3, 1, 3, 3)], conv(pad=1, groups=3), wrt=(0, 1), pads=[1, 1, 1, 1], group=3, name="depthwise")
case("Conv", [uniform(2, 2, 5, 5), uniform(3, 2, 4, 4)], lambda v, w: F.conv2d(F.pad(v, (1, 2, 2, 0)), w), wrt=(0, 1), pads=[2, 1, 0, 2], name="uneven pads")
case("Conv", [uniform(2, 2, 5, 5), uniform(3, 2, 1, 1)], conv(pad=1), wrt=(0, 1), pads=[1, 1, 1, 1], name="1x1 padded")
case("Conv", [uniform(1, 2, 5, 6), uniform(3, 2, 3, 3)], lambda v, w: F.conv2d(F.pad(v, (0, 1, 1, 1)), w, stride=2), wrt=(0, 1), strides=[2, 2], auto_pad="SAME_UPPER", name="SAME_UPPER")
case("Conv", [uniform(2, 2, 7), uniform(3, 2, 3)], lambda v, w: F.conv1d(v, w, stride=2, padding=1), wrt=(0, 1), strides=[2], pads=[1, 1], name="1-d")

def deconv(stride=1, pad=0, extra=0, groups=1, dilation=1):
    return lambda v, w, b=None: F.conv_transpose2d(v, w, b, stride, pad, extra, groups, dilation)

case("ConvTranspose", [uniform(2, 3, 3, 4), uniform(3, 2, 3, 3), uniform(2)], deconv(2), wrt=(0, 1, 2), strides=[2, 2])
case("ConvTranspose", [uniform(2, 2, 3, 4), uniform(2, 3, 4, 4)], deconv(2, 1), wrt=(0, 1), strides=[2, 2], pads=[1, 1, 1, 1], name="padded")
case("ConvTranspose", [uniform(1, 4, 3, 3), uniform(4, 2, 3, 3)], deconv(2, 1, 1, 2), wrt=(0, 1), strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1], group=2, by_pytorch=True, name="output padding, groups")
case("ConvTranspose", [uniform(1, 2, 3, 3), uniform(2, 1, 3, 3)], deconv(1, 2, 0, 1, 2), wrt=(0, 1), pads=[2, 2, 2, 2], dilations=[2, 2], name="dilated")

# Normalisation
image = uniform(2, 4, 3, 3)
case("BatchNormalization", [image, uniform(4), uniform(4), uniform(4), uniform(4, low=0.5, high=2)], lambda v, s, b, m, var: F.batch_norm(v, m, var, s, b, eps=1e-4), epsilon=1e-4, opset=15)
case("InstanceNormalization", [image, uniform(4), uniform(4)], lambda v, s, b: F.instance_norm(v, weight=s, bias=b, eps=1e-3), wrt=(0, 1, 2), epsilon=1e-3)
case("LayerNormalization", [uniform(2, 3, 5), uniform(5), uniform(5)], lambda v, s, b: F.layer_norm(v, (5,), s, b), wrt=(0, 1, 2), axis=-1)
case("LayerNormalization", [uniform(2, 3, 4), uniform(3, 4), uniform(3, 4)], lambda v, s, b: F.layer_norm(v, (3, 4), s, b), wrt=(0, 1, 2), axis=1, name="two axes")
case("GroupNormalization", [image, uniform(4), uniform(4)], lambda v, s, b: F.group_norm(v, 2, s, b), wrt=(0, 1, 2), num_groups=2, opset=21)

# Layout
case("Reshape", [a, ints(4, -1)], lambda v, _: v.reshape(4, 6))
case("Flatten", [a], lambda v: v.flatten(1), axis=1)
case("Transpose", [a], lambda v: v.permute(2, 0, 1), perm=[2, 0, 1])
case("Squeeze", [uniform(2, 1, 3, 1), ints(1)], lambda v, _: v.squeeze(1))
case("Unsqueeze", [a, ints(0, -1)], lambda v, _: v[None, ..., None])
case("Expand", [uniform(3, 1), ints(2, 3, 4)], lambda v, _: v.expand(2, 3, 4))
case("Tile", [uniform(2, 3), ints(2, 3)], lambda v, _: v.repeat(2, 3))
case("Concat", [uniform(2, 1, 3), uniform(2, 2, 3)], lambda u, v: torch.cat([u, v], 1), wrt=(0, 1), axis=1)
case("Split", [uniform(2, 5), ints(2, 3)], lambda v, _: v.split([2, 3], 1), axis=1, outputs=2)
case("Split", [uniform(2, 6)], lambda v: v.split(2, 1), axis=1, outputs=3, use=[1], num_outputs=3, name="one part used")
case("DepthToSpace", [uniform(1, 8, 2, 3)], lambda v: v.reshape(1, 2, 2, 2, 2, 3).permute(0, 3, 4, 1, 5, 2).reshape(1, 2, 4, 6), blocksize=2, mode="DCR")
case("DepthToSpace", [uniform(1, 8, 2, 3)], lambda v: F.pixel_shuffle(v, 2), blocksize=2, mode="CRD", name="CRD")
case("SpaceToDepth", [uniform(1, 2, 4, 6)], blocksize=2)

# Parts
case("Slice", [uniform(4, 5), ints(1, 0), ints(3, 2**31 - 1), ints(0, 1), ints(1, 1)], lambda v, *_: v[1:3])
case("Slice", [uniform(4, 7), ints(1), ints(7), ints(1), ints(3)], lambda v, *_: v[:, 1:7:3], name="step 3")
case("Slice", [uniform(4, 7), ints(-1), ints(-(2**31)), ints(1), ints(-1)], lambda v, *_: v.flip(1), name="reversed")
case("Slice", [uniform(7, 2), ints(5), ints(0), ints(0), ints(-2)], lambda v, *_: v[[5, 3, 1]], name="step -2")
case("Gather", [uniform(2, 5, 3), np.array(2, dtype=np.int64)], lambda v, _: v[:, 2], axis=1, name="one row")
case("Gather", [uniform(2, 5, 3), ints(4)], lambda v, _: v[:, 4:5], axis=1, name="one row kept")
case("Gather", [uniform(2, 5, 3), np.array([[0, 4], [4, -2]], dtype=np.int64)], lambda v, _: v[:, [[0, 4], [4, 3]]], axis=1, name="repeated rows")
case("Gather", [uniform(2, 5), ints(1, 1, 3)], lambda v, _: v[:, [1, 1, 3]], axis=1, name="last axis")
case("Pad", [uniform(1, 2, 3, 4), ints(0, 0, 1, 2, 0, 0, 0, 1)], lambda v, _: F.pad(v, (2, 1, 1, 0)), mode="constant")
case("Pad", [uniform(1, 2, 3, 4), ints(0, 0, -1, 2, 0, 0, 0, -1)], lambda v, _: F.pad(v, (2, -1, -1, 0)), mode="constant", by_pytorch=True, name="cut")
case("Pad", [uniform(1, 2, 3, 4), ints(0, 0, 2, 1, 0, 0, 1, 2)], lambda v, _: F.pad(v, (1, 2, 2, 1), mode="reflect"), mode="reflect", name="reflect")
case("Pad", [uniform(1, 2, 3, 4), ints(0, 0, 2, 1, 0, 0, 1, 2)], lambda v, _: F.pad(v, (1, 2, 2, 1), mode="replicate"), mode="edge", name="edge")
case("Pad", [uniform(3, 4), ints(1, 2, 2, 1)], mode="wrap", opset=19, name="wrap")

# Resize
none = None
def scales(*values):
    return np.array(values, dtype=np.float32).astype(np.float64)

case("Resize", [uniform(1, 2, 3, 4), none, scales(1, 1, 2, 2)], lambda v, *_: F.interpolate(v, scale_factor=2), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor", name="nearest")
case("Resize", [uniform(1, 2, 6, 4), none, none, ints(1, 2, 4, 7)], lambda v, *_: F.interpolate(v, size=(4, 7)), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor", name="nearest to a size")
case("Resize", [uniform(1, 2, 3, 4), none, scales(1, 1, 2, 3)], lambda v, *_: F.interpolate(v, scale_factor=(2, 3), mode="bilinear", align_corners=False), mode="linear", coordinate_transformation_mode="half_pixel", name="bilinear")
case("Resize", [uniform(1, 2, 3, 4), none, none, ints(1, 2, 5, 7)], lambda v, *_: F.interpolate(v, size=(5, 7), mode="bilinear", align_corners=True), mode="linear", coordinate_transformation_mode="align_corners", name="align_corners")
case("Resize", [uniform(1, 1, 6, 6), none, none, ints(1, 1, 4, 3)], lambda v, *_: F.interpolate(v, size=(4, 3), mode="bilinear", align_corners=False), mode="linear", coordinate_transformation_mode="pytorch_half_pixel", name="smaller")

# Pooling
big = distinct(2, 2, 6, 6)
case("AveragePool", [big], lambda v: F.avg_pool2d(v, 2), kernel_shape=[2, 2], strides=[2, 2], name="apart")
case("AveragePool", [big], lambda v: F.avg_pool2d(v, 3, 2, 1, count_include_pad=False), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], name="overlapping")
case("AveragePool", [big], lambda v: F.avg_pool2d(v, 3, 1, 1, count_include_pad=True), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1, name="with pads")
case("MaxPool", [big], lambda v: F.max_pool2d(v, 2), kernel_shape=[2, 2], strides=[2, 2], name="apart", step=1e-5)
case("MaxPool", [big], lambda v: F.max_pool2d(v, 3, 2, 1), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], name="overlapping", step=1e-5)
case("GlobalAveragePool", [big], lambda v: v.mean((2, 3), keepdim=True))
case("GlobalMaxPool", [big], lambda v: v.amax((2, 3), keepdim=True), step=1e-5)

# Trigonometry, products, sums along an axis
inner = uniform(2, 3, 4, low=-0.9, high=0.9)
for op, v in {"Tan": inner, "Asin": inner, "Acos": inner, "Atan": a, "Sinh": a, "Cosh": a, "Asinh": a, "Acosh": positive + 1, "Atanh": inner}.items():
    case(op, [v], getattr(torch, op.lower()))
with_zeros = uniform(4, 3, 2)
with_zeros[0, 1, 0] = with_zeros[1, 0, 1] = with_zeros[1, 2, 1] = 0
case("ReduceProd", [positive, ints(1)], lambda v, _: v.prod(1, keepdim=True), keepdims=1)
case("ReduceProd", [with_zeros, ints(1)], lambda v, _: v.prod(1), keepdims=0, name="zeros")
case("ReduceProd", [with_zeros, ints(0, 2)], lambda v, _: v.prod(2).prod(0), keepdims=0, name="two axes")
case("ReduceLogSum", [positive, ints(1, -1)], lambda v, _: v.sum((1, 2)).log(), keepdims=0)
case("CumSum", [a, np.array(1, dtype=np.int64)], lambda v, _: v.cumsum(1))
case("CumSum", [a, np.array(-1, dtype=np.int64)], lambda v, _: v.flip(2).cumsum(2).flip(2) - v, exclusive=1, reverse=1, name="exclusive, reversed")
case("Trilu", [uniform(2, 3, 4)], torch.triu)
case("Trilu", [uniform(2, 3, 4), np.array(-1, dtype=np.int64)], lambda v, _: v.tril(-1), upper=0, name="lower")
case("TopK", [distinct(2, 5, 3), ints(2)], lambda v, _: v.topk(2, 1), axis=1, outputs=2, use=[0], step=1e-5)
case("TopK", [distinct(2, 5), ints(3)], lambda v, _: v.topk(3, largest=False), largest=0, outputs=2, use=[0], step=1e-5, name="smallest")

# Places that indices name
def index(values):
    return np.array(values, dtype=np.int64)

rows = index([[0, 2, 2], [1, -1, 0]])
case("GatherElements", [uniform(2, 3), rows], lambda v, i: v.gather(1, i % 3), axis=1)
case("GatherElements", [uniform(4, 2), index([[3, 0], [3, 3]])], lambda v, i: v.gather(0, i), axis=0, name="repeated")
case("GatherND", [uniform(3, 4, 2), index([[0, 1], [2, 3], [0, 1]])], lambda v, i: v[i[:, 0], i[:, 1]])
case("GatherND", [uniform(3, 4, 2), index([[[1]], [[-1]]])], lambda v, i: v[i[..., 0]], name="slices")
case("GatherND", [uniform(2, 3, 4), index([[[2], [0]], [[1], [1]]])], lambda v, i: torch.stack([v[k][i[k, :, 0]] for k in range(2)]), batch_dims=1, name="batch")
case("GatherND", [uniform(2, 3, 4, 2), index(np.arange(6).reshape(2, 3, 1) % 4)], lambda v, i: torch.stack([torch.stack([v[j, k][i[j, k, 0]] for k in range(3)]) for j in range(2)]), batch_dims=2, name="two batch dimensions")
at = index([[1, 2], [0, 0]])
case("ScatterND", [uniform(2, 3, 2), at, uniform(2, 2)], lambda v, i, u: v.index_put((i[:, 0], i[:, 1]), u), wrt=(0, 2))
twice = index([[1], [0], [1]])
case("ScatterND", [uniform(3, 2), twice, uniform(3, 2)], lambda v, i, u: v.index_put((i[:, 0],), u, accumulate=True), wrt=(0, 2), reduction="add", name="add")
zero_update = uniform(3, 2)
zero_update[1, 0] = zero_update[2, 1] = 0
for reduction, torch_name in {"mul": "prod", "max": "amax", "min": "amin"}.items():
    data, updates = (uniform(3, 2), zero_update) if reduction == "mul" else (distinct(3, 2), distinct(3, 2) + 0.013)
    case("ScatterND", [data, twice, updates], lambda v, i, u, r=torch_name: v.scatter_reduce(0, i.expand(3, 2), u, r), wrt=(0, 2), reduction=reduction, step=1e-5, name=reduction)
    case("ScatterElements", [data, twice.repeat(2, 1), updates], lambda v, i, u, r=torch_name: v.scatter_reduce(0, i, u, r), wrt=(0, 2), axis=0, reduction=reduction, step=1e-5, name=reduction)
case("ScatterElements", [uniform(2, 4), index([[0, 3], [1, -2]]), uniform(2, 2)], lambda v, i, u: v.scatter(1, i % 4, u), wrt=(0, 2), axis=1)
case("ScatterElements", [uniform(2, 4), index([[0, 0], [1, 3]]), uniform(2, 2)], lambda v, i, u: v.scatter_add(1, i, u), wrt=(0, 2), axis=-1, reduction="add", name="add")

# Einsum
for equation, shapes in {
    "bij,bjk->bik": [(2, 3, 4), (2, 4, 2)], "ij,jk": [(3, 4), (4, 2)], "i,j->ij": [(3,), (2,)], "bhid,bhjd->bhij": [(1, 2, 3, 4), (1, 2, 2, 4)],
    "ij->i": [(3, 4)], "ii->i": [(3, 3)], "bii->b": [(2, 3, 3)], "...ij,...jk->...ik": [(2, 1, 3, 4), (2, 5, 4, 2)], "b...c,cd->b...d": [(2, 3, 2, 4), (4, 3)],
    "i,ij,j->": [(3,), (3, 4), (4,)], "Ba,aB->B": [(2, 3), (3, 2)], "ij,j->i": [(3, 1), (4,)],
}.items():
    case("Einsum", [uniform(*shape) for shape in shapes], lambda *vs, e=equation: torch.einsum(e, *vs), wrt=tuple(range(len(shapes))), equation=equation, name=equation)

# Losses
scores, labels = uniform(3, 4), index([1, 3, 0])
image_scores, image_labels = uniform(2, 3, 2, 2), index([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
weights = uniform(3, low=0.2, high=2)
case("SoftmaxCrossEntropyLoss", [scores, labels], F.cross_entropy)
case("SoftmaxCrossEntropyLoss", [scores, labels], lambda v, t: (F.cross_entropy(v, t, reduction="sum"), F.log_softmax(v, 1)), reduction="sum", outputs=2, name="sum, with log probabilities")
case("SoftmaxCrossEntropyLoss", [scores, labels], lambda v, t: (F.cross_entropy(v, t), F.log_softmax(v, 1)), outputs=2, use=[1], name="log probabilities only")
case("SoftmaxCrossEntropyLoss", [image_scores, image_labels, weights], lambda v, t, w: F.cross_entropy(v, t, w, ignore_index=1), ignore_index=1, name="weights, one ignored")
case("SoftmaxCrossEntropyLoss", [image_scores, np.where(image_labels == 1, -1, image_labels), weights], lambda v, t, w: F.cross_entropy(v, t, w, ignore_index=-1, reduction="none"), ignore_index=-1, reduction="none", name="negative label ignored")
case("NegativeLogLikelihoodLoss", [scores, labels], F.nll_loss)
case("NegativeLogLikelihoodLoss", [image_scores, image_labels, weights], lambda v, t, w: F.nll_loss(v, t, w, reduction="none"), reduction="none", name="none, weights")
case("NegativeLogLikelihoodLoss", [image_scores, image_labels, weights], lambda v, t, w: F.nll_loss(v, t, w, reduction="sum", ignore_index=2), reduction="sum", ignore_index=2, name="sum, one ignored")

# Inputs that are usually constants
case("Clip", [x, np.array(-0.3), np.array(0.4)], lambda v, lo, hi: torch.clamp(v, lo, hi), wrt=(0, 1, 2), step=1e-5, name="limits")
case("Clip", [x, np.array(0.37), np.array(0.12)], lambda v, lo, hi: torch.clamp(v, lo, hi), wrt=(0, 1, 2), step=1e-5, name="limits in the wrong order")
case("Clip", [x, None, np.array(0.4)], lambda v, lo, hi: torch.clamp(v, max=hi), wrt=(0, 2), step=1e-5, name="upper limit")
pads_value = np.array(0.7)
case("Pad", [uniform(2, 3), ints(1, 0, 2, 1), pads_value], lambda v, _, c: torch.where(F.pad(torch.ones_like(v), (0, 1, 1, 2)) > 0, F.pad(v, (0, 1, 1, 2)), c), wrt=(0, 2), name="value")
case("Pad", [uniform(2, 4), ints(-1, 2), pads_value, ints(1)], lambda v, _, c, __: torch.cat([v[:, 1:], c.expand(2, 2)], 1), wrt=(0, 2), by_pytorch=True, name="value, cut, axes")
case("BatchNormalization", [image, uniform(4), uniform(4), uniform(4), uniform(4, low=0.5, high=2)], lambda v, s, b, m, var: (v - m[:, None, None]) / (var[:, None, None] + 1e-3).sqrt() * s[:, None, None] + b[:, None, None], wrt=(0, 1, 2, 3, 4), epsilon=1e-3, opset=15, name="parameters")
for mode, extra in {"cubic": {"cubic_coeff_a": -0.75}, "linear": {"antialias": 1, "exclude_outside": 1}, "cubic antialias": {"antialias": 1, "exclude_outside": 1, "cubic_coeff_a": -0.5}}.items():
    method = "bicubic" if mode.startswith("cubic") else "bilinear"
    smooth = "antialias" in extra
    case("Resize", [uniform(1, 2, 9, 8), none, none, ints(1, 2, 4, 3)], lambda v, *_, m=method, s=smooth: F.interpolate(v, size=(4, 3), mode=m, align_corners=False, antialias=s), mode=mode.split()[0], coordinate_transformation_mode="half_pixel", name=f"{mode} smaller", by_pytorch=smooth, **extra)
case("Resize", [uniform(1, 2, 4, 3), none, none, ints(1, 2, 7, 8)], lambda v, *_: F.interpolate(v, size=(7, 8), mode="bicubic", align_corners=True), mode="cubic", coordinate_transformation_mode="align_corners", name="cubic larger")

# Where a formula is 0 · infinity, and newer ops
case("Pow", [np.array([0.0, 0.0, 0.0, 1.5]), np.array([0.0, 1.0, 2.0, 0.0])], torch.pow, name="of 0, exponent 0")
case("Pow", [np.array([0.0, 1.5]), np.array([2.0, 0.0])], torch.pow, wrt=(1,), name="of 0, to the exponent")
case("Pow", [np.array([0.0, 1.5]), np.array(0.0)], torch.pow, name="exponent 0 for all")
case("Swish", [a], lambda v: v * torch.sigmoid(0.7 * v), alpha=0.7, opset=24)
case("RMSNormalization", [uniform(2, 3, 5), uniform(5)], lambda v, s: F.rms_norm(v, (5,), s, 1e-5), wrt=(0, 1), axis=-1, opset=23)
case("RMSNormalization", [uniform(2, 3, 4), uniform(3, 4)], lambda v, s: F.rms_norm(v, (3, 4), s, 1e-3), wrt=(0, 1), axis=1, epsilon=1e-3, opset=23, name="two axes")

OUT.parent.mkdir(parents=True, exist_ok=True)
text = json.dumps({"generator": "tools/reference/onnx_gradients.py", "onnx": onnx.__version__, "torch": torch.__version__, "cases": cases}, separators=(",", ":"))
OUT.write_bytes(gzip.compress(text.encode(), mtime=0))
print(len(cases), "cases,", OUT.stat().st_size // 1024, "KB;", sum(c["torch"] for c in cases), "against PyTorch")
