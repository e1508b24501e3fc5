import { extname } from "node:path";
import { useBackend } from "@latentflow/backend";
import { throwIfAborted } from "@latentflow/core";
import { type EngineName, loadBundled, type NetworkParts, readGeneratorAlone } from "@latentflow/engine";
import { type ImageDistance, Lpips, type ProjectProgress, project, type StyleGan2Generator, Vgg16 } from "@latentflow/models";
import { concat, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { asError, ConfigError } from "../errors.js";
import { cropTurned, faceSquare } from "../photos/align-face.js";
import { asTensor, findFace, loadFaceDetector } from "../photos/find-face.js";
import { cropSquare, type Photo, readPhoto } from "../photos/read-photo.js";
import { type Picture, toRgb8 } from "../pictures/index.js";
import type { NumberArray } from "../store/tensor-file.js";

export interface ProjectPhotosRequest {
  readonly photos: readonly string[];
  /** A generator's file; undefined: the bundled tabletop scenes' StyleGAN2. */
  readonly generator: string | undefined;
  /** Undefined: "w+" where the generator takes a code for each layer. */
  readonly space: "w" | "w+" | undefined;
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
  const { photos, steps, seed, engine, signal, onProgress } = request;
  await useBackend();
  const loaded = await loadGenerator(request.generator);
  const { name, generator, side } = loaded;
  const opened: { dispose(): void }[] = [loaded];
  try {
    const distance = await loadDistance(request);
    if (distance !== undefined) opened.push(distance);
    const crops = await cropAll(request, side);
    throwIfAborted("project", signal);
    const targets = tidy(() => concat(crops.map(asTensor), 0));
    opened.push(targets);
    const codes = await loaded.codes?.(seed);
    if (codes !== undefined) opened.push(codes);
    const { space = generator.rowCount === undefined ? "w" : "w+" } = request;
    const given = { ...(distance && { distance }), ...(codes && { codes }) };
    const options = { space, steps, seed, engine, signal, onProgress, ...given };
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

const ENDINGS = [".pkl", ".pt", ".pth", ".safetensors", ".onnx"];

/** Codes whose mean is where the search starts, of a generator that can't draw its own. */
const CODES = 4096;

interface ProjectedGenerator {
  readonly name: string;
  readonly generator: NetworkParts["generator"];
  /** Of its images, which are square. */
  readonly side: number;
  /** Some of its codes, where it does not draw them itself. */
  readonly codes?: (seed: number) => Promise<Tensor2D>;
  dispose(): void;
}

async function loadGenerator(file: string | undefined): Promise<ProjectedGenerator> {
  if (file === undefined) {
    const parts = await loadBundled("tabletop");
    (parts.regressor as { dispose?(): void }).dispose?.();
    const generator = parts.generator as StyleGan2Generator;
    return { name: parts.name, generator, side: generator.architecture.resolution, dispose: () => generator.dispose() };
  }
  if (!ENDINGS.includes(extname(file).toLowerCase()))
    throw new ConfigError(`--generator: expected a file in ${ENDINGS.join(", ")}, got ${file}.`);
  const parts = await readGeneratorAlone(file).catch((cause) => {
    throw new ConfigError(`--generator: could not load ${file}: ${asError(cause).message}`, { cause });
  });
  const { generator, name, size } = parts;
  const dispose = () => parts.dispose?.();
  if (size === undefined || size.width !== size.height) {
    dispose();
    const found = size === undefined ? "of a size that the graph does not tell" : `${size.width} × ${size.height}`;
    throw new ConfigError(`--generator: expected a generator of square images in ${file}, got images ${found}.`);
  }
  const side = size.width;
  if ("sample" in generator) return { name, generator, side, dispose };
  const codes = async (seed: number) => tensor2d(await parts.sampleCodes(CODES, seed), [CODES, generator.latentDim]);
  return { name, generator, side, codes, dispose };
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
