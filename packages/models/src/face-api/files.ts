import { type DeclaredOptions, folderAddress, type GivenOptions, type OptionValues } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { readWeights } from "./weights.js";

/** Names of the networks' files in face-api's folder `model`. */
export type FaceApiNetwork =
  | "age_gender_model"
  | "face_expression_model"
  | "face_landmark_68_model"
  | "face_recognition_model"
  | "tiny_face_detector_model";

export const FACE_API = {
  /** Folder of the files. Default in Node: that of the installed `@vladmandic/face-api`; in browsers it must be given, "/face-api/model/". */
  from: { optional: true, check: (caller: string, from: URL | string) => folderAddress(caller, "from", from, ModelsError) },
} as const satisfies DeclaredOptions;

/** Where networks of face-api are. */
export interface FaceApiOptions extends GivenOptions<typeof FACE_API> {}

const PACKAGE = "@vladmandic/face-api";

/** Reads a network of face-api. */
export async function loadWeights(
  caller: string,
  network: FaceApiNetwork,
  { from: folder = installed(caller) }: OptionValues<typeof FACE_API>,
): Promise<NamedTensors> {
  const [manifest, bytes] = await Promise.all([
    read(caller, new URL(`${network}-weights_manifest.json`, folder)),
    read(caller, new URL(`${network}.bin`, folder)),
  ]);
  return readWeights(caller, new TextDecoder().decode(manifest), bytes);
}

/** The folder within the installed package. */
function installed(caller: string): URL {
  try {
    return new URL("model/", import.meta.resolve(`${PACKAGE}/package.json`));
  } catch (cause) {
    throw new ModelsError(
      `${caller}: expected ${PACKAGE} to be installed, which is not here: npm install ${PACKAGE}; or say with { from } where its folder "model" is.`,
      { cause },
    );
  }
}

async function read(caller: string, file: URL): Promise<Uint8Array> {
  try {
    // Not an import, which bundlers for browsers would follow.
    const files = globalThis.process?.getBuiltinModule?.("node:fs/promises");
    if (file.protocol === "file:" && files) return await files.readFile(file);
    const response = await fetch(file);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelsError(`${caller}: could not load ${file}: ${reason}`, { cause });
  }
}
