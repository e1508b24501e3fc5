import { describeValue } from "@latentflow/core";
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

/** Where networks of face-api are. */
export interface FaceApiOptions {
  /** Folder of the files. Default in Node: that of the installed `@vladmandic/face-api`; in browsers it must be given, "/face-api/model/". */
  readonly from?: URL | string;
}

const PACKAGE = "@vladmandic/face-api";

/** Reads a network of face-api. */
export async function loadWeights(caller: string, network: FaceApiNetwork, { from }: FaceApiOptions): Promise<NamedTensors> {
  const folder = folderOf(caller, from);
  const [manifest, bytes] = await Promise.all([
    read(caller, new URL(`${network}-weights_manifest.json`, folder)),
    read(caller, new URL(`${network}.bin`, folder)),
  ]);
  return readWeights(caller, new TextDecoder().decode(manifest), bytes);
}

function folderOf(caller: string, from: URL | string | undefined): URL {
  if (from === undefined) return installed(caller);
  const page = typeof document === "object" ? document.baseURI : typeof location === "object" ? location.href : undefined;
  const address = `${from}`.replace(/\/*$/, "/");
  if ((typeof from === "string" || from instanceof URL) && URL.canParse(address, page)) return new URL(address, page);
  throw new ModelsError(
    `${caller}: expected from to be the address of a folder, got ${describeValue(from)}; in Node, pathToFileURL("folder") of node:url makes one.`,
  );
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
