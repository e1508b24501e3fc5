import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { differentiate, floats, gradientName, OnnxSession } from "@latentflow/onnx";
import {
  add,
  concat,
  grad,
  memory,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tensor,
  tensor4d,
  transpose,
} from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { EXPRESSIONS, FaceApiEmbedder, FaceApiRegressor, FaceDetector } from "../src/index.js";
import reference from "./reference/face-api.json" with { type: "json" };
import { seeded } from "./reference.js";

const folder = new URL("../../../node_modules/@vladmandic/face-api/", import.meta.url);
const isInstalled = existsSync(folder);
const { photos, side: SIDE } = reference;
/** One of each photo, to take a moment only; the file has three. */
const faces = reference.faces.filter(({ name }, i, all) => all.findIndex((one) => one.name === name) === i);

const photoFile = (name: string) => fileURLToPath(new URL(`demo/${name}`, folder));
const toTensor = (bytes: Uint8Array, height: number, width: number) =>
  tensor4d(
    Float32Array.from(bytes, (value) => value / 127.5 - 1),
    [1, height, width, 3],
  );

/** A face of the sample photos; moved by some pixels and compressed again as JPEG. */
async function face({ name, left, top, side }: (typeof faces)[number], shift = 0, quality?: number): Promise<Tensor4D> {
  const cut = sharp(photoFile(name)).extract({
    left: Math.max(0, left - shift),
    top: Math.max(0, top - shift),
    width: side,
    height: side,
  });
  const image = cut.resize(SIDE, SIDE).removeAlpha();
  const bytes = quality === undefined ? image.raw() : sharp(await image.jpeg({ quality }).toBuffer()).raw();
  return toTensor(await bytes.toBuffer(), SIDE, SIDE);
}

async function allFaces(): Promise<Tensor4D> {
  return concat(await Promise.all(faces.map((one) => face(one))), 0);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a, (value, i) => value - b[i]!));
}

function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i]!))) / largest;
}

const planes = (x: Tensor) => {
  const turned = transpose(x, [0, 3, 1, 2]);
  return floats(turned.shape, turned.dataSync());
};

// An optional peer: without it there are no weights to compare with.
describe.skipIf(!isInstalled)("face-api's networks (skipped where @vladmandic/face-api is not installed)", () => {
  let images: Tensor4D;
  let embedder: FaceApiEmbedder;
  let regressor: FaceApiRegressor;
  beforeAll(async () => {
    await useBackend("wasm");
    images = await allFaces();
    embedder = await FaceApiEmbedder.load();
    regressor = await FaceApiRegressor.load();
  });

  it("descriptors are those of its own library, on tfjs and on ONNX Runtime, embeddings have length 1", async () => {
    const before = memory().numTensors;
    const found = embedder.descriptors(images);
    const rows = found.arraySync();
    for (const [i, { descriptor }] of faces.entries()) expect(worst(rows[i]!, descriptor)).toBeLessThan(1e-3);
    found.dispose();
    expect(memory().numTensors).toBe(before);
    const units = embedder.embed(images).arraySync();
    for (const row of units) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    const session = await OnnxSession.create(embedder.toOnnx(), { threads: 1 });
    const { embedding } = await session.run({ images: planes(images) });
    expect(worst(embedding!.data as Float32Array, units.flat())).toBeLessThan(1e-3);
    await session.dispose();
  });

  it("a recompressed, shifted copy is closer than any other person", async () => {
    const rows = embedder.descriptors(images).arraySync();
    for (const [i, one] of faces.entries()) {
      const [copy] = embedder.descriptors(await face(one, 4, 60)).arraySync();
      const own = distance(copy!, rows[i]!);
      const others = rows.filter((_, k) => k !== i).map((row) => distance(copy!, row));
      expect(own).toBeLessThan(Math.min(...others));
    }
  });

  it("ages, genders and expressions are those of its own library, and classes on both engines", async () => {
    const readings = await regressor.read(images);
    for (const [i, { age, gender, genderProbability, expressions }] of faces.entries()) {
      const found = readings[i]!;
      expect(Math.abs(found.age / age - 1)).toBeLessThan(1e-3);
      expect(found.gender).toBe(gender);
      expect(found.genderProbability).toBeCloseTo(genderProbability, 3);
      for (const [k, probability] of expressions.entries()) expect(found.expressions[k]).toBeCloseTo(probability, 3);
    }
    expect(regressor.attributes.map(({ name, classes }) => [name, classes])).toEqual([
      ["gender", 2],
      ["expression", EXPRESSIONS.length],
      ["age", 4],
    ]);
    const [gender, expression, age] = regressor.logits(images).map((logits) => logits.arraySync() as number[][]);
    const best = (row: readonly number[]) => row.indexOf(Math.max(...row));
    for (const [i, one] of faces.entries()) {
      expect(best(gender![i]!)).toBe(one.gender === "male" ? 0 : 1);
      expect(best(expression![i]!)).toBe(best(one.expressions));
      expect(best(age![i]!)).toBe([20, 40, 60].filter((limit) => one.age > limit).length);
    }
    const session = await OnnxSession.create(regressor.toOnnx(), { threads: 1 });
    const outputs = await session.run({ images: planes(images) });
    for (const [name, here] of [
      ["gender", gender],
      ["expression", expression],
      ["age", age],
    ] as const)
      expect(worst(outputs[name]!.data as Float32Array, here!.flat())).toBeLessThan(1e-3);
    await session.dispose();
  });

  it("gradients with respect to the image are the same on both engines", async () => {
    // Photos have flat places, of which pooling's maxima are equal: there is more than one gradient.
    const one = add(await face(faces[0]!), mul(seeded("grain", [1, SIDE, SIDE, 3]), 0.1)) as Tensor4D;
    const loss = (x: Tensor) => mul(sum(square(embedder.embed(x as Tensor4D))), 0.5);
    const target = embedder.embed(await face(faces[1]!));
    const pulled = grad((x) => sub(loss(x), sum(mul(embedder.embed(x as Tensor4D), target))))(one);
    const shapes = { images: ["n", 3, SIDE, SIDE] };
    const model = differentiate(embedder.toOnnx(), { outputs: ["embedding"], wrt: ["images"], shapes });
    const session = await OnnxSession.create(model, { threads: 1 });
    const cotangent = sub(embedder.embed(one), target);
    const outputs = await session.run({
      images: planes(one),
      embedding_cotangent: floats(cotangent.shape, cotangent.dataSync()),
    });
    const turned = transpose(tensor(outputs[gradientName("images")]!.data as Float32Array, [1, 3, SIDE, SIDE]), [0, 2, 3, 1]);
    expect(worst(turned.dataSync(), pulled.dataSync())).toBeLessThan(1e-3);
    await session.dispose();
  });

  it("finds the faces and landmarks that its own library finds", async () => {
    const detector = await FaceDetector.load();
    const landmarks = detector.landmarks(images).arraySync() as number[][];
    for (const [i, one] of faces.entries()) expect(worst(landmarks[i]!, one.landmarks)).toBeLessThan(1e-3);
    for (const { name, tiny } of photos.slice(0, 2)) {
      const { data, info } = await sharp(photoFile(name)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const found = await detector.detect(toTensor(data, info.height, info.width));
      expect(found).toHaveLength(tiny.length);
      for (const [k, [score, left, top, width, height]] of tiny.entries()) {
        expect(found[k]!.score).toBeCloseTo(score!, 2);
        const box = [found[k]!.left, found[k]!.top, found[k]!.width, found[k]!.height];
        for (const [c, value] of [left, top, width, height].entries())
          expect(Math.abs(box[c]! - value!)).toBeLessThan(info.width / 200);
      }
    }
    detector.dispose();
  });

  it("a folder without the files, and wrong options, are named", async () => {
    await expect(FaceApiEmbedder.load({ from: new URL("nowhere/", folder) })).rejects.toThrow(
      /could not load .*face_recognition_model/,
    );
    await expect(FaceApiEmbedder.load({ form: "x" } as never)).rejects.toThrow(/unknown option "form"/);
    await expect(FaceApiRegressor.load({ ages: [40, 20] })).rejects.toThrow(/ages to be rising numbers/);
    regressor.dispose();
    embedder.dispose();
    expect(() => embedder.embed(images)).toThrow("expected a embedder, got one that has been disposed");
  });
});
