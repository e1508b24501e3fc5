import { FaceDetector } from "@latentflow/models";
import { type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import { ConfigError } from "../errors.js";
import type { FaceLandmarks, Point } from "./align-face.js";
import { cropTurned, type TurnedSquare } from "./align-face.js";
import type { Photo } from "./read-photo.js";

/** Side at which landmarks are looked for. */
const SIDE = 224;
/** Times the box is looked at anew, around where the last landmarks were. */
const ROUNDS = 2;

/** The detector of `@vladmandic/face-api`, an optional peer. */
export async function loadFaceDetector(): Promise<FaceDetector> {
  return FaceDetector.load().catch((cause: Error) => {
    throw new ConfigError(`--crop face: ${cause.message}`, { cause });
  });
}

/**
 * Five places of the largest face in a photo.
 *
 * @throws ConfigError where there is no face
 */
export async function findFace(detector: FaceDetector, photo: Photo, name: string): Promise<FaceLandmarks> {
  const image = asTensor(photo);
  const faces = await detector.detect(image).finally(() => image.dispose());
  const area = ({ width, height }: { width: number; height: number }) => width * height;
  const [largest] = faces.toSorted((a, b) => area(b) - area(a));
  if (largest === undefined)
    throw new ConfigError(`--crop face: expected a face in ${name}, found none; --crop square takes the middle of the photo.`);
  const { left, top, width, height } = largest;
  let square = upright([left + width / 2, top + height / 2], Math.max(width, height) / 2);
  for (let round = 0; ; round++) {
    const landmarks = await landmarksIn(detector, photo, square);
    if (round === ROUNDS) return landmarks;
    square = around(landmarks);
  }
}

async function landmarksIn(detector: FaceDetector, photo: Photo, { center, right }: TurnedSquare): Promise<FaceLandmarks> {
  const crop = await cropTurned(photo, upright(center, right[0]), SIDE);
  const image = asTensor(crop);
  const answer = detector.landmarks(image);
  const values = await answer.data();
  image.dispose();
  answer.dispose();
  const half = right[0];
  const at = (from: number, to: number): Point => {
    const mean = (axis: 0 | 1) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += values[2 * i + axis]!;
      return center[axis] + (2 * (sum / (to - from)) - 1) * half;
    };
    return [mean(0), mean(1)];
  };
  // By the usual numbers of 68 landmarks.
  return { leftEye: at(36, 42), rightEye: at(42, 48), nose: at(30, 31), leftMouth: at(48, 49), rightMouth: at(54, 55) };
}

/** A square as the detector's boxes are: from above the brows to the chin. */
function around({ leftEye, rightEye, leftMouth, rightMouth }: FaceLandmarks): TurnedSquare {
  const mean = (axis: 0 | 1) => (leftEye[axis] + rightEye[axis] + leftMouth[axis] + rightMouth[axis]) / 4;
  const apart = Math.hypot(rightEye[0] - leftEye[0], rightEye[1] - leftEye[1]);
  return upright([mean(0), mean(1)], 1.3 * apart);
}

function upright(center: Point, half: number): TurnedSquare {
  return { center, right: [half, 0], down: [0, half] };
}

/** [1, height, width, 3] in [-1, 1] */
export function asTensor({ width, height, data }: Photo): Tensor4D {
  return tensor4d(
    Float32Array.from(data, (value) => value / 127.5 - 1),
    [1, height, width, 3],
  );
}
