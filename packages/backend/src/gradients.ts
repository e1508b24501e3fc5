/**
 * Side effect: registers every gradient of tfjs-core, in Node and in browsers, those it lacks, those it lacks for second derivatives, and right ones for
 * those that it gets wrong. What has none is a `BackendError` that says what to write instead.
 *
 * tfjs-core alone has none in Node, and its own registration module can't be loaded there (extensionless imports). This file is bundled into
 * the package, so a plain `import "@latentflow/backend/gradients"` works everywhere; the registries live on `globalThis`, so the bundled copy
 * fills the same ones that the application's tfjs-core reads.
 */
// First, so that the application's tfjs-core starts the engine, not the copy that is bundled in with the next line.
import "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { type GradConfig, registerGradient } from "@tensorflow/tfjs-core";
import { batchNormGradient, completeBatchNorm } from "./gradients/batch-norm.js";
import { pairGradients } from "./gradients/broadcast-pairs.js";
import { productGradient } from "./gradients/broadcast-product.js";
import { comparisonGradients } from "./gradients/comparisons.js";
import { repairComposedOps } from "./gradients/composed-ops.js";
import { convolutionGradients } from "./gradients/convolutions.js";
import { eluGradient } from "./gradients/elu.js";
import { releaseFailedGradients } from "./gradients/failed-gradients.js";
import { repairSoftmaxCrossEntropy } from "./gradients/losses.js";
import { pickingGradients } from "./gradients/picking.js";
import { poolingGradients } from "./gradients/pooling.js";
import { quotientGradients } from "./gradients/quotients.js";
import { rearrangingGradients } from "./gradients/rearranging.js";
import { reductionGradients } from "./gradients/reductions.js";
import { refusedGradients } from "./gradients/refused.js";
import { resizingGradients } from "./gradients/resizing.js";
import { seluGradient } from "./gradients/selu.js";
import { repairTapeOrder } from "./gradients/tape-order.js";

// Before the order of the tape is put right, which moves what was recorded last.
repairComposedOps();
repairTapeOrder();
completeBatchNorm();
releaseFailedGradients();
repairSoftmaxCrossEntropy();

const ours: GradConfig[] = [
  productGradient,
  batchNormGradient,
  eluGradient,
  seluGradient,
  ...quotientGradients,
  ...pairGradients,
  ...comparisonGradients,
  ...convolutionGradients,
  ...poolingGradients(),
  ...resizingGradients,
  ...reductionGradients,
  ...rearrangingGradients,
  ...pickingGradients,
  ...refusedGradients,
];
for (const config of ours) registerGradient(config);
