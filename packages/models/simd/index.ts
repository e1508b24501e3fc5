/**
 * The package's kernels for WebAssembly's SIMD instructions, in AssemblyScript: a dialect of TypeScript that `npx tsx tools/build-simd.ts` compiles into
 * src/simd/module.ts. They work on tfjs's own memory. Addresses, and distances named "…Step" or "…Bytes", are in bytes; tensors are dense float32.
 */
export { activate, activateGradient } from "./activation";
export { blur } from "./blur";
export { channelDot, scaleChannels } from "./channels";
export { upBackInput, upBackOutput, upInput, upOutput } from "./up";
export { winogradInput, winogradOutput } from "./winograd";
