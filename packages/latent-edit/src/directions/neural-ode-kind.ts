import { LatentEditError } from "../errors.js";
import type { DirectionKind } from "./kind.js";
import type { NeuralOdeDirection } from "./neural-ode-direction.js";
import { importSeedFlow, toStateDict } from "./state-dict.js";

/** The paper's flows: their tensors have the names of its released files, so that these load in PyTorch, too. */
export const neuralOdeKind: DirectionKind<NeuralOdeDirection> = {
  kind: "neural-ode",
  save: toStateDict,
  load({ tensors, settings, solver }) {
    // Part of the edit: no other may stand in for it.
    if (solver === undefined)
      throw new LatentEditError("loadDirection: expected a solver in the header, got none; the file is damaged.");
    return importSeedFlow(tensors, { negativeSlope: Number(settings.negativeSlope), solver });
  },
  describe: ({ depth, negativeSlope }) => ({
    label: depth === -1 ? "trained constant" : `neural ODE, depth ${depth}`,
    settings: { depth, negativeSlope },
    isStraight: depth === -1,
  }),
};
