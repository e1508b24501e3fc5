import { describeValue } from "@latentflow/core";
import type * as Ort from "onnxruntime-node";
import { OnnxError } from "../errors.js";

/** The part of onnxruntime-node and onnxruntime-web that is used; both have it. */
export type Runtime = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

export type RuntimeName = "onnxruntime-node" | "onnxruntime-web";

/** What executes the ops. Which of them work depends on the runtime and the machine. */
export const PROVIDERS = ["cpu", "cuda", "dml", "coreml", "webgpu", "wasm"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Providers that onnxruntime-web has; onnxruntime-node has the rest and WebGPU. */
const WEB_ONLY: readonly Provider[] = ["wasm"];

const INSTALL = {
  "onnxruntime-node":
    "npm install onnxruntime-node (set ONNXRUNTIME_NODE_INSTALL=skip when its download of CUDA libraries is not wanted: the CPU libraries are in the package)",
  "onnxruntime-web": "npm install onnxruntime-web",
} as const;

/** Whether this is Node (or another runtime with its modules). */
const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;

/** Whether the processor is an x86-64 one, as far as it can be known. */
export const onX64 = inNode && process.arch === "x64";

/** The package that will run: onnxruntime-node in Node, onnxruntime-web in browsers, for the provider "wasm", or when asked for. */
export function runtimeFor(wanted: RuntimeName | "auto", providers: readonly Provider[]): RuntimeName {
  if (wanted !== "auto") return wanted;
  return inNode && !providers.some((provider) => WEB_ONLY.includes(provider)) ? "onnxruntime-node" : "onnxruntime-web";
}

/**
 * Loads ONNX Runtime: onnxruntime-node in Node, onnxruntime-web in browsers or when asked for.
 *
 * @throws OnnxError that says what to install when it is not there, or why it can't be loaded
 */
export async function loadRuntime(
  wanted: RuntimeName | "auto",
  providers: readonly Provider[],
): Promise<{ name: RuntimeName; runtime: Runtime }> {
  const name = runtimeFor(wanted, providers);
  try {
    // The name in a variable keeps bundlers for browsers from following the native package. The literal ones let them include what may be used;
    // that it may also be missing is what "within try" tells webpack, and a catch of their own tells esbuild.
    const module = (await (name === "onnxruntime-node"
      ? import(/* @vite-ignore */ /* webpackIgnore: true */ name)
      : !inNode && providers.includes("webgpu")
        ? import("onnxruntime-web/webgpu").catch(fail)
        : import("onnxruntime-web").catch(fail))) as Runtime & { default?: Runtime };
    return { name, runtime: module.InferenceSession ? module : module.default! };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describeValue(cause);
    throw new OnnxError(
      `OnnxSession: expected ${name} to be installed and to load on this machine: ${INSTALL[name]}. It said: ${reason}`,
      { cause },
    );
  }
}

function fail(cause: unknown): never {
  throw cause;
}

/** Whether onnxruntime-node can be loaded here. */
export async function hasNativeRuntime(): Promise<boolean> {
  return loadRuntime("onnxruntime-node", []).then(
    () => true,
    () => false,
  );
}
