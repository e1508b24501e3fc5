import { checkBackend, readOptions } from "@latentflow/core";
import { leakyRelu, maxPool, pad, type Tensor, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import type { Convolution } from "../operations/convolution.js";
import type { Linear } from "../operations/linear.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { DenseFeatures } from "./dense-features.js";
import { FACE_API, type FaceApiOptions, loadWeights } from "./files.js";
import { FaceApiLayers, type Separable, separable } from "./layers.js";

/** Side of the image that the detector sees. */
const SIDE = 416;
/** face-api's mean colour for it, of 8-bit values. */
const MEAN = [117.001, 114.697, 97.404];
const SLOPE = 0.1;
/** Usual sizes of faces, in cells. */
const ANCHORS = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const;
/** Boxes that overlap more show one face. */
const MOST_OVERLAP = 0.4;
const LEAST_SCORE = 0.5;

/** A face in an image: its box in pixels, and how sure the detector is. */
export interface FaceBox {
  readonly score: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** face-api's tiny detector of faces and its 68 landmarks, with the real weights of `@vladmandic/face-api`; the computing is ours. */
export class FaceDetector {
  private readonly layers: FaceApiLayers;
  private readonly stem: Convolution;
  private readonly middle: readonly Separable[];
  private readonly last: Convolution;
  private readonly landmarkFeatures: DenseFeatures;
  private readonly landmarkLayer: Linear;
  private disposed = false;

  /** Use `FaceDetector.load`. */
  constructor(tensors: { detector: NamedTensors; landmarks: NamedTensors }) {
    checkBackend("FaceDetector", ModelsError);
    this.layers = new FaceApiLayers("FaceDetector", tensors.detector);
    this.stem = this.layers.convolution("conv0", {});
    this.middle = [1, 2, 3, 4, 5].map((i) => this.layers.separable(`conv${i}`));
    this.last = this.layers.convolution("conv8", {});
    this.landmarkFeatures = new DenseFeatures("FaceDetector", tensors.landmarks);
    this.landmarkLayer = this.landmarkFeatures.linear();
  }

  /**
   * The networks of the installed package.
   *
   * @throws ModelsError where `@vladmandic/face-api` is not installed, or the folder holds no such files
   */
  static async load(options: FaceApiOptions = {}): Promise<FaceDetector> {
    const files = readOptions("FaceDetector.load", FACE_API, options, ModelsError);
    const detector = await loadWeights("FaceDetector.load", "tiny_face_detector_model", files);
    return new FaceDetector({ detector, landmarks: await loadWeights("FaceDetector.load", "face_landmark_68_model", files) });
  }

  /** Faces of one image [1, height, width, 3] in [-1, 1], the surest first. */
  async detect(image: Tensor4D): Promise<FaceBox[]> {
    checkAlive("detect", "detector", this.disposed);
    checkImages("detect", "image", image);
    const [, height, width] = image.shape;
    const side = Math.max(height, width);
    const cells = tidy(() => this.cells(image, side));
    const values = (await cells.data()) as Float32Array;
    const count = cells.shape[1];
    cells.dispose();
    const faces: FaceBox[] = [];
    for (let cell = 0; cell < count * count; cell++) {
      ANCHORS.forEach(([across, down], a) => {
        const [x, y, w, h, score] = values.subarray((cell * ANCHORS.length + a) * 5) as unknown as [
          number,
          number,
          number,
          number,
          number,
        ];
        if (sigmoid(score) <= LEAST_SCORE) return;
        const scale = side / count;
        const [boxWidth, boxHeight] = [Math.exp(w) * across * scale, Math.exp(h) * down * scale];
        const left = ((cell % count) + sigmoid(x)) * scale - boxWidth / 2;
        const top = (Math.floor(cell / count) + sigmoid(y)) * scale - boxHeight / 2;
        faces.push({ score: sigmoid(score), left, top, width: boxWidth, height: boxHeight });
      });
    }
    const kept: FaceBox[] = [];
    for (const face of faces.sort((a, b) => b.score - a.score))
      if (!kept.some((surer) => overlap(face, surer) > MOST_OVERLAP)) kept.push(face);
    return kept;
  }

  /** The 68 usual landmarks of square images of one face each, [n, 136]: x and y in turns, from 0 to 1. */
  landmarks(images: Tensor4D): Tensor {
    checkAlive("landmarks", "detector", this.disposed);
    checkImages("landmarks", "images", images);
    return tidy(() => {
      const on = new OnTensors();
      return on.linear(this.landmarkFeatures.forward<Tensor>(on, images), this.landmarkLayer);
    });
  }

  dispose(): void {
    this.disposed = true;
    this.layers.dispose();
    this.landmarkFeatures.dispose();
  }

  /** `[1, cells, cells, 25]`: for each anchor place, size and score. */
  private cells(image: Tensor4D, side: number): Tensor4D {
    const on = new OnTensors();
    const [, height, width] = image.shape;
    // Black at the right or below makes it a square.
    const square = pad(
      image,
      [
        [0, 0],
        [0, side - height],
        [0, side - width],
        [0, 0],
      ],
      -1,
    ) as Tensor4D;
    const shift = MEAN.map((mean) => 0.5 - mean / 255);
    const scaled = on.scaleChannels(on.resizeFromCorners(square, SIDE), [0.5, 0.5, 0.5], shift);
    const leaky = (x: Tensor) => leakyRelu(x, SLOPE);
    let x: Tensor = maxPool(leaky(on.convolution(scaled, this.stem)) as Tensor4D, 2, 2, "same");
    this.middle.forEach((layer, i) => {
      x = maxPool(leaky(separable<Tensor>(on, x, layer)) as Tensor4D, 2, i === 4 ? 1 : 2, "same");
    });
    return on.convolution(x, this.last) as Tensor4D;
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Intersection over union. */
function overlap(a: FaceBox, b: FaceBox): number {
  const along = (from: number, length: number, other: number, otherLength: number) =>
    Math.max(0, Math.min(from + length, other + otherLength) - Math.max(from, other));
  const shared = along(a.left, a.width, b.left, b.width) * along(a.top, a.height, b.top, b.height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}
