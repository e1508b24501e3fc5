/**
 * Writes packages/models/test/reference/face-api.json: what `@vladmandic/face-api` itself answers for the faces of its sample photos.
 *
 *     node tools/reference/face_api.mjs
 *
 * Its bundle brings a tfjs of its own, which takes over the engine of the one that is loaded first: hence a process of its own, on plain JavaScript.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import sharp from "sharp";

const folder = new URL("../../node_modules/@vladmandic/face-api/", import.meta.url);
// The bundle's code for Node asks for a module that bundles don't have.
tf.env().set("IS_BROWSER", true);
const faceApi = await import(new URL("dist/face-api.esm.js", folder).href);
await faceApi.tf.setBackend("cpu");

const NETWORKS = {
  ssdMobilenetv1: "ssd_mobilenetv1",
  tinyFaceDetector: "tiny_face_detector",
  faceLandmark68Net: "face_landmark_68",
  faceRecognitionNet: "face_recognition",
  ageGenderNet: "age_gender",
  faceExpressionNet: "face_expression",
};
for (const [name, file] of Object.entries(NETWORKS)) {
  const manifest = JSON.parse(await readFile(new URL(`model/${file}_model-weights_manifest.json`, folder), "utf8"));
  const bytes = await readFile(new URL(`model/${file}_model.bin`, folder));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  faceApi.nets[name].loadFromWeightMap(faceApi.tf.io.decodeWeights(buffer, manifest[0].weights));
}

const digits = (values) => Array.from(values, (value) => Number(value.toPrecision(7)));
const SIDE = 160;

/** The square around a box, within the photo, as sharp takes it. */
function squareAround({ x, y, width, height }, info) {
  const side = Math.min(Math.round(Math.max(width, height)), info.width, info.height);
  const within = (middle, length) => Math.max(0, Math.min(length - side, Math.round(middle - side / 2)));
  return { left: within(x + width / 2, info.width), top: within(y + height / 2, info.height), side };
}

const faces = [];
const photos = [];
for (let n = 1; n <= 6; n++) {
  const name = `sample${n}.jpg`;
  const file = fileURLToPath(new URL(`demo/${name}`, folder));
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const photo = faceApi.tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], "int32");
  const detections = await faceApi.detectAllFaces(photo, new faceApi.SsdMobilenetv1Options({ minConfidence: 0.5 }));
  const tiny = await faceApi.detectAllFaces(photo, new faceApi.TinyFaceDetectorOptions({ inputSize: 416, scoreThreshold: 0.5 }));
  const box = ({ score, box: { x, y, width, height } }) => digits([score, x, y, width, height]);
  photos.push({ name, tiny: tiny.map(box) });
  for (const { box } of detections) {
    const { left, top, side } = squareAround(box, info);
    const cut = await sharp(file)
      .extract({ left, top, width: side, height: side })
      .resize(SIDE, SIDE)
      .removeAlpha()
      .raw()
      .toBuffer();
    const image = faceApi.tf.tensor3d(new Uint8Array(cut), [SIDE, SIDE, 3], "int32");
    const descriptor = await faceApi.nets.faceRecognitionNet.computeFaceDescriptor(image);
    const { age, gender, genderProbability } = await faceApi.nets.ageGenderNet.predictAgeAndGender(image);
    const expressions = Object.values(await faceApi.nets.faceExpressionNet.predictExpressions(image));
    const { relativePositions } = await faceApi.nets.faceLandmark68Net.detectLandmarks(image);
    const landmarks = digits(relativePositions.flatMap(({ x, y }) => [x, y]));
    faces.push({
      ...{ name, left, top, side, descriptor: digits(descriptor), age, gender, genderProbability },
      ...{ expressions: digits(expressions), landmarks },
    });
    console.log(name, left, top, side, age.toFixed(1), gender);
  }
}
await writeFile(
  new URL("../../packages/models/test/reference/face-api.json", import.meta.url),
  `${JSON.stringify({ side: SIDE, photos, faces }, null, 1)}\n`,
);
