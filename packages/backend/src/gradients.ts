/**
 * Side effect: registers every gradient of tfjs-core, in Node and in browsers.
 *
 * tfjs-core alone has none in Node, and its own registration module can't be loaded there (extensionless imports). This file is bundled into
 * the package, so a plain `import "@latentflow/backend/gradients"` works everywhere; the registries live on `globalThis`, so the bundled copy
 * fills the same ones that the application's tfjs-core reads.
 */
import "@tensorflow/tfjs-core/dist/register_all_gradients";
