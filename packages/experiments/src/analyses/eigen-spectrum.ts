import { fastSubspaceDimension, eigenSpectrum as spectrumOf } from "@latentflow/metrics";
import { markup } from "../drawing/markup.js";
import { spectrumPlot } from "../drawing/plots/spectrum.js";
import type { EigenSpectrumRecord } from "../results/index.js";
import type { MethodAnalysis } from "./analysis.js";
import { flowMatrix } from "./flow-matrix.js";
import { flowsAmong } from "./flows.js";

/** How fast a depth-1 flow bends, direction by direction. */
export const eigenSpectrum: MethodAnalysis<EigenSpectrumRecord | null> = {
  id: "eigenSpectrum",
  of: "method",
  cost: (_, latentDim, { kind }) => ({ operations: kind === "nonlinear" ? 60 * latentDim ** 3 : 0 }),
  async compute({ direction }) {
    const matrix = await flowMatrix(direction);
    if (matrix === null) return null;
    const spectrum = spectrumOf(matrix);
    const [real, imaginary] = [Array.from(spectrum.real), Array.from(spectrum.imaginary)];
    return { matrix: "W", real, imaginary, fastDimension: fastSubspaceDimension(spectrum) };
  },
  csv: {
    file: "spectrum.csv",
    about: "eigenvalues of each flow's matrix",
    columns: ["real", "imaginary"],
    rows: (spectrum) => (spectrum?.real ?? []).map((re, i) => [re, spectrum!.imaginary[i]!]),
  },
  section: {
    place: "experiment",
    draw(found, context) {
      const tiles = flowsAmong(found, context).flatMap(({ name, style, value }) => {
        if (value === null) return [];
        const text = `${value.fastDimension} of ${value.real.length} eigenvalues are fast`;
        return markup`<figure><figcaption>${name}</figcaption>${spectrumPlot(`Eigenvalues of W for ${name}: ${text}`, value, style.colour)}<figcaption>${text}</figcaption></figure>`;
      });
      return (
        tiles.length > 0 &&
        markup`<h3>Eigenvalues of W</h3><p class="muted">In the eigenbasis each coordinate obeys du/dt = μu + c. Those outside the small dashed circle, with |μ| at least 0.1 of the largest, are fast: paths bend in their subspace.</p><div class="tiles">${tiles}</div>`
      );
    },
  },
};
