import { extname } from "node:path";
import { useBackend } from "@latentflow/backend";
import { throwIfAborted } from "@latentflow/core";
import { type EngineName, loadBundled } from "@latentflow/engine";
import { type ImageDistance, Lpips, type ProjectProgress, project, StyleGan2Generator, Vgg16 } from "@latentflow/models";
import { concat, tidy } from "@tensorflow/tfjs-core";
import { asError, ConfigError } from "../errors.js";
import { cropTurned, faceSquare } from "../photos/align-face.js";
import { asTensor, findFace, loadFaceDetector } from "../photos/find-face.js";
import { cropSquare, type Photo, readPhoto } from "../photos/read-photo.js";
import { type Picture, toRgb8 } from "../pictures/index.js";
import type { NumberArray } from "../store/tensor-file.js";

export interface ProjectPhotosRequest {
  readonly photos: readonly string[];
  /** A StyleGAN2's file; undefined: the bundled tabletop scenes'. */
  readonly generator: string | undefined;
  readonly space: "w" | "w+";
  readonly steps: number;
  readonly seed: number;
  readonly engine: EngineName;
  readonly crop: "square" | "face";
  /** Files of torchvision's network and of LPIPS's linear layers. */
  readonly lpips: string | undefined;
  readonly lpipsLinear: string | undefined;
  /** File of torchvision's VGG16. */
  readonly vgg16: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ProjectProgress) => void;
}

export interface ProjectedPhotos {
  /** [n, d] or [n, rows, d] */
  readonly codes: NumberArray<Float32Array>;
  /** What was projected, and what was found. */
  readonly pairs: readonly (readonly [photo: Picture, found: Picture])[];
  readonly distances: readonly number[];
  readonly startDistances: readonly number[];
  /** What they were measured by. */
  readonly distance: string;
  readonly generator: string;
  readonly engine: string;
}

/** Reads and crops photos, and finds codes of a generator for them. */
export async function projectPhotos(request: ProjectPhotosRequest): Promise<ProjectedPhotos> {
  const { photos, space, steps, seed, engine, signal, onProgress } = request;
  await useBackend();
  const { name, generator } = await loadGenerator(request.generator);
  const opened: { dispose(): void }[] = [generator];
  try {
    const distance = await loadDistance(request);
    if (distance !== undefined) opened.push(distance);
    const side = generator.architecture.resolution;
    const crops = await cropAll(request, side);
    throwIfAborted("project", signal);
    const targets = tidy(() => concat(crops.map(asTensor), 0));
    opened.push(targets);
    const options = { space, steps, seed, engine, signal, onProgress, ...(distance && { distance }) };
    const found = await project(targets, generator, options);
    opened.push(found);
    const [values, pixels] = await Promise.all([found.codes.data(), found.images.data()]);
    const size = side * side * 3;
    return {
      codes: { data: values as Float32Array, shape: found.codes.shape },
      pairs: photos.map((_, i) => [
        crops[i]!,
        { width: side, height: side, data: toRgb8(pixels.subarray(i * size, (i + 1) * size)) },
      ]),
      ...{ distances: found.distances, startDistances: found.startDistances },
      ...{ distance: distance?.name ?? "L2 pyramid", generator: name, engine: found.engine },
    };
  } finally {
    for (const one of opened) one.dispose();
  }
}

async function cropAll({ photos, crop, signal }: ProjectPhotosRequest, side: number): Promise<Photo[]> {
  const detector = crop === "face" ? await loadFaceDetector() : undefined;
  try {
    const crops: Photo[] = [];
    for (const file of photos) {
      throwIfAborted("project", signal);
      const photo = await readPhoto(file);
      const square = detector && faceSquare(await findFace(detector, photo, file));
      crops.push(square ? await cropTurned(photo, square, side) : await cropSquare(photo, side));
    }
    return crops;
  } finally {
    detector?.dispose();
  }
}

const READERS: Readonly<Record<string, (file: string) => Promise<StyleGan2Generator>>> = {
  ".pkl": (file) => StyleGan2Generator.fromNvlabs(file),
  ".pt": (file) => StyleGan2Generator.fromRosinality(file),
  ".pth": (file) => StyleGan2Generator.fromRosinality(file),
  ".safetensors": (file) => StyleGan2Generator.fromSafetensors(file),
};

async function loadGenerator(file: string | undefined): Promise<{ name: string; generator: StyleGan2Generator }> {
  if (file === undefined) {
    const parts = await loadBundled("tabletop");
    (parts.regressor as { dispose?(): void }).dispose?.();
    return { name: parts.name, generator: parts.generator as StyleGan2Generator };
  }
  const read = READERS[extname(file).toLowerCase()];
  if (!read) throw new ConfigError(`--generator: expected a StyleGAN2 in ${Object.keys(READERS).join(", ")}, got ${file}.`);
  const generator = await read(file).catch((cause) => {
    throw new ConfigError(`--generator: could not load ${file}: ${asError(cause).message}`, { cause });
  });
  return { name: `StyleGAN2, ${generator.architecture.resolution} px`, generator };
}

async function loadDistance(request: ProjectPhotosRequest): Promise<(ImageDistance & { dispose(): void }) | undefined> {
  const { lpips, lpipsLinear, vgg16 } = request;
  const option = lpips === undefined ? "--vgg16" : "--lpips";
  const isSafetensors = (file: string) => extname(file).toLowerCase() === ".safetensors";
  try {
    if (lpips !== undefined) return await (isSafetensors(lpips) ? Lpips.fromSafetensors : Lpips.fromTorch)(lpips, lpipsLinear);
    if (vgg16 !== undefined) return await (isSafetensors(vgg16) ? Vgg16.fromSafetensors : Vgg16.fromTorch)(vgg16);
    return undefined;
  } catch (cause) {
    throw new ConfigError(`${option}: could not load ${lpips ?? vgg16}: ${asError(cause).message}`, { cause });
  }
}
