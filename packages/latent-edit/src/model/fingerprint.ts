import { type AttributeModel, describeValue, SeededRandom } from "@latentflow/core";
import { avgPool, mean, type Tensor, type Tensor4D, tensor, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkModel } from "../input/checks.js";
import { owning } from "../tensors/owning.js";

/** What a generator makes of one fixed code: its grey values on a 4 × 4 grid. Equal up to rounding on every backend and engine. */
export type Fingerprint = readonly number[];

/** The fingerprint of a model's generator, to be saved with a direction: an edit is only meant for the generator it was trained on. */
export function fingerprint(model: AttributeModel): Promise<Fingerprint> {
  return owning(async (own) => {
    checkModel("fingerprint", model);
    const images = own(await model.synthesize(own(fixedCode(model))));
    const [, height, width] = images.shape;
    const window: [number, number] = [Math.max(1, Math.floor(height / 4)), Math.max(1, Math.floor(width / 4))];
    const grid = own(tidy(() => avgPool(mean(images, 3, true) as Tensor4D, window, window, "valid")));
    const values = Array.from(await grid.data());
    if (values.every(Number.isFinite)) return values.map((x) => Number(x.toPrecision(5)));
    throw new LatentEditError(
      "fingerprint: expected a picture of finite numbers from the model, got NaN or Infinity in it; mend the model.",
    );
  });
}

/** The same of generator and regressor together: the logits that they make of that code, all attributes in turn. */
export function logitsFingerprint(model: AttributeModel): Promise<Fingerprint> {
  return owning(async (own) => {
    checkModel("logitsFingerprint", model);
    const logits = own(await model.logits(own(fixedCode(model))));
    const values = (await Promise.all(logits.map((x) => x.data<"float32">()))).flatMap((data) => Array.from(data));
    if (values.every(Number.isFinite)) return values.map((x) => Number(x.toPrecision(5)));
    throw new LatentEditError(
      "logitsFingerprint: expected finite logits from the model, got NaN or Infinity for a normal code; mend the model.",
    );
  });
}

function fixedCode({ latentDim }: AttributeModel): Tensor {
  return tensor(new SeededRandom(20211).normals(latentDim), [1, latentDim]);
}

/** Whether two fingerprints can be the same generator's, with room for the rounding of different engines. */
export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  for (const one of [a, b]) {
    if (Array.isArray(one)) continue;
    throw new LatentEditError(`sameFingerprint: expected what fingerprint() gave, got ${describeValue(one)}.`);
  }
  return a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) <= 1e-2 * Math.max(1, Math.abs(x)));
}
