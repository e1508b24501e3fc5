"""Reference values of one training step of @latentflow/latent-edit, by PyTorch in float64.

    python tools/reference/latent_training_reference.py packages/latent-edit/test/reference/training-step.json

A small generator and regressor, drawn from a congruential generator that the tests repeat, so that only results are stored. The flow, its
normalisation, the 3/8 step and the loss are written from the paper's equations 3 to 5 and 9.
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

from congruential import uniforms

D, BATCH, CLASSES, TAU = 8, 5, (3, 2, 4), 4.0


def weights(seed, shape, scale):
    """Uniform within +-scale; rounded to float32, in which the tests compute."""
    values = (2 * uniforms(seed, int(np.prod(shape))) - 1) * scale
    return torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape))


class World:
    """Generator: dense, tanh, 3x3 convolution. Regressor: clamp, 3x3 stride-2 convolution, ReLU, dense heads. Weights in NHWC/HWIO order."""

    dense = weights(11, (D, 4 * 4 * 6), 0.6)
    conv = weights(12, (3, 3, 6, 3), 0.4)
    stem = weights(13, (3, 3, 3, 10), 0.5)
    heads = [weights(20 + j, (2 * 2 * 10, c), 0.5) for j, c in enumerate(CLASSES)]
    embedding = weights(30, (4 * 4 * 3, 7), 0.5)

    @classmethod
    def images(cls, w):
        hidden = torch.tanh(w @ cls.dense).reshape(-1, 4, 4, 6).permute(0, 3, 1, 2)
        return F.conv2d(hidden, cls.conv.permute(3, 2, 0, 1), padding=1)

    @classmethod
    def logits(cls, images):
        # TensorFlow's "same" padding of a stride-2 convolution of an even size: nothing before, one after.
        padded = F.pad(images.clamp(-1, 1), (0, 1, 0, 1))
        hidden = torch.relu(F.conv2d(padded, cls.stem.permute(3, 2, 0, 1), stride=2))
        flat = hidden.permute(0, 2, 3, 1).reshape(len(images), -1)
        return [flat @ head for head in cls.heads]

    @classmethod
    def embed(cls, images):
        return F.normalize(images.permute(0, 2, 3, 1).reshape(len(images), -1) @ cls.embedding, dim=1)


class Flow:
    def __init__(self, depth):
        if depth == -1:
            self.parameters = [weights(50, (1, D), 1.0)]
        else:
            self.parameters = []
            for layer in range(depth):
                self.parameters += [weights(60 + layer, (D, D), 0.35), weights(70 + layer, (D,), 0.35)]
        for p in self.parameters:
            p.requires_grad_(True)
        self.depth = depth

    def velocity(self, w):
        if self.depth == -1:
            f = self.parameters[0].expand_as(w)
        else:
            f = w
            for layer in range(self.depth):
                x = f if layer == 0 else F.leaky_relu(f, 0.2)
                f = F.linear(x, self.parameters[2 * layer], self.parameters[2 * layer + 1]) + x
        return f / (f.norm(dim=1, keepdim=True) + 1e-6)

    def step(self, w, t):
        """One step of the 3/8 rule over [0, t]."""
        k1 = self.velocity(w)
        k2 = self.velocity(w + t * k1 / 3)
        k3 = self.velocity(w + t * (k2 - k1 / 3))
        k4 = self.velocity(w + t * (k1 - k2 + k3))
        return w + t * (k1 + 3 * k2 + 3 * k3 + k4) / 8


def loss_terms(logits, original, attribute, target):
    first = F.cross_entropy(logits[attribute] / TAU, torch.full((BATCH,), target))
    second = torch.stack([
        F.kl_div(F.log_softmax(logits[j] / TAU, dim=1), F.softmax(original[j].detach(), dim=1), reduction="batchmean")
        for j in range(len(CLASSES)) if j != attribute
    ]).mean()
    return first, second


def case(depth, t, attribute, identity):
    flow = Flow(depth)
    w = weights(99, (BATCH, D), 1.5)
    end = flow.step(w, t)
    end.retain_grad()
    images = World.images(end)
    logits = World.logits(images)
    first, second = loss_terms(logits, World.logits(World.images(w)), attribute, CLASSES[attribute] - 1)
    if identity:
        second = 1 - (World.embed(images) * World.embed(World.images(w)).detach()).sum(dim=1).mean()
    (first + second).backward()
    return {
        "depth": depth, "t": t, "attribute": attribute, "identity": identity,
        "attributeLoss": first.item(), "preservationLoss": second.item(),
        "end": end.detach().ravel().tolist(), "latentGradient": end.grad.ravel().tolist(),
        "gradients": [p.grad.ravel().tolist() for p in flow.parameters],
    }


def main(path):
    cases = [
        case(-1, 3.0, 0, False), case(1, 6.0, 0, False), case(2, 2.2, 1, False),
        case(3, 4.5, 2, False), case(1, -3.0, 2, False), case(2, 5.0, 0, True),
    ]
    with open(path, "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    main(sys.argv[1])
