/**
 * The package's kernels for WebAssembly's SIMD instructions, in AssemblyScript: a dialect of TypeScript that `npx tsx tools/build-simd.ts` compiles into
 * src/kernels/module.ts. They work on tfjs's own memory. Addresses, and distances named "…Step" or "…Bytes", are in bytes; tensors are dense float32.
 */

export { blur } from "./blur";
export { channelDot, scaleChannels } from "./scale-channels";
export { activate, activateGradient } from "./styled-activation";
export { upBackInput, upBackOutput, upInput, upOutput } from "./up";
export { winogradInput, winogradOutput } from "./winograd";
