/**
 * Side effect: registers every gradient of tfjs-core, in Node and in browsers, those it lacks for second derivatives, and
 * right ones for the few that it gets wrong.
 *
 * tfjs-core alone has none in Node, and its own registration module can't be loaded there (extensionless imports). This file is bundled into
 * the package, so a plain `import "@latentflow/backend/gradients"` works everywhere; the registries live on `globalThis`, so the bundled copy
 * fills the same ones that the application's tfjs-core reads.
 */
// First, so that the application's tfjs-core starts the engine, not the copy that is bundled in with the next line.
import "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import { registerGradient } from "@tensorflow/tfjs-core";
import { productGradient } from "./gradients/broadcast-product.js";
import { comparisonGradients } from "./gradients/comparisons.js";
import { convolutionGradients } from "./gradients/convolutions.js";
import { addMethodsThatGradientsCall, elementwiseGradients } from "./gradients/elementwise-and-scans.js";
import { poolingGradients } from "./gradients/pooling-and-resizing.js";
import { repairTapeOrder } from "./gradients/tape-order.js";

repairTapeOrder();
addMethodsThatGradientsCall();

for (const config of [
  productGradient,
  ...comparisonGradients,
  ...convolutionGradients,
  ...poolingGradients,
  ...elementwiseGradients(),
])
  registerGradient(config);
