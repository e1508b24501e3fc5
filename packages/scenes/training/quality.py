"""How good generated pictures are, as the regressor sees them."""

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from data import Scenes
from regressor import Regressor

# Factors of more classes are places on a fine grid: to be unsure between neighbours is no fault.
MOST_CLASSES = 10
CONFIDENT = 0.9


class Quality:
    """Fréchet distance in the regressor's 256 features to all held-out renderings, and the share of confident predictions.

    The distance is in units of the renderings' total variance: 0 is perfect, and about 1 is what one constant picture would get.
    """

    def __init__(self, regressor: Regressor, scenes: Scenes):
        self.regressor = regressor
        self.small = [k for k, classes in enumerate(scenes.factors.values()) if classes <= MOST_CLASSES]
        features = [self.read(scenes.batch(np.arange(i, min(len(scenes), i + 500))))[0] for i in range(0, len(scenes), 500)]
        self.mean, self.covariance = moments(torch.cat(features))

    @torch.no_grad()
    def read(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = self.regressor.features(images.clamp(-1, 1))
        return features, [head(features).softmax(1) for head in self.regressor.classification_heads]

    def measure(self, batches: list[Tensor]) -> dict[str, float]:
        """`batches`: generated images [n, 3, 64, 64]."""
        features, confident = [], []
        for images in batches:
            read, probabilities = self.read(images)
            features.append(read)
            sure = [probabilities[k].max(1).values > CONFIDENT for k in self.small]
            confident.append(torch.stack(sure, 1).all(1))
        mean, covariance = moments(torch.cat(features))
        return {
            "frechet": frechet(self.mean, self.covariance, mean, covariance) / float(np.trace(self.covariance)),
            "confident": torch.cat(confident).float().mean().item(),
        }


def moments(features: Tensor) -> tuple[np.ndarray, np.ndarray]:
    values = features.double().numpy()
    return values.mean(0), np.cov(values, rowvar=False)


def frechet(mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray) -> float:
    """Squared Fréchet distance of two Gaussians (Heusel et al. 2017, equation 6)."""
    # tr √(AB) equals the sum of the square roots of the eigenvalues of AB, which are real and not negative.
    eigenvalues = scipy.linalg.eigvals(cov_a @ cov_b).real
    trace = np.sqrt(np.clip(eigenvalues, 0, None)).sum()
    return float(np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * trace)
