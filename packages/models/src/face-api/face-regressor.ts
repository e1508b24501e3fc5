import {
  type Attribute,
  checkBackend,
  type DeclaredOptions,
  type GivenOptions,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import { GraphBuilder, type OnnxModel } from "@latentflow/onnx";
import { reshape, softmax, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { checkAlive } from "../disposed.js";
import { ModelsError } from "../errors.js";
import { checkImages } from "../images.js";
import { InGraph } from "../operations/in-graph.js";
import { Linear } from "../operations/linear.js";
import { OnTensors } from "../operations/on-tensors.js";
import type { Operations } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { AgeGenderNetwork } from "./age-gender.js";
import { DenseFeatures } from "./dense-features.js";
import { FACE_API, loadWeights } from "./files.js";

/** face-api's expressions, in the order of its network. */
export const EXPRESSIONS = ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"] as const;

const REGRESSOR = {
  ...FACE_API,
  /** Ages in years at which classes of the attribute "age" part, rising. Default [20, 40, 60]: four classes. */
  ages: { default: [20, 40, 60], is: isRising, expected: "rising numbers" },
  /** Years by which an age must pass a limit for the odds of the classes to be e. Default 5. */
  ageScale: { default: 5, above: 0 },
} as const satisfies DeclaredOptions;

export interface FaceApiRegressorOptions extends GivenOptions<typeof REGRESSOR> {}

/** What face-api's own functions answer for each image. */
export interface FaceReading {
  /** Years. */
  readonly age: number;
  readonly gender: "male" | "female";
  /** Of that gender. */
  readonly genderProbability: number;
  /** In the order of `EXPRESSIONS`. */
  readonly expressions: readonly number[];
}

/**
 * face-api's networks of age, gender and expression as one regressor: "gender" (male, female), "expression" (seven) and "age" in classes. Images
 * [n, side, side, 3] of a face each. Real weights come with `@vladmandic/face-api`; the computing is ours, differentiable and on ONNX Runtime, too.
 */
export class FaceApiRegressor implements Regressor {
  readonly attributes: readonly Attribute[];
  private readonly ageGender: AgeGenderNetwork;
  private readonly expressionFeatures: DenseFeatures;
  private readonly expressionLayer: Linear;
  private readonly ageClasses: Linear;
  private disposed = false;

  /** Use `FaceApiRegressor.load`. */
  constructor(tensors: { ageGender: NamedTensors; expression: NamedTensors }, options: FaceApiRegressorOptions = {}) {
    const { ages, ageScale } = readOptions("FaceApiRegressor", REGRESSOR, options, ModelsError);
    checkBackend("FaceApiRegressor", ModelsError);
    this.attributes = [
      { name: "gender", classes: 2 },
      { name: "expression", classes: EXPRESSIONS.length },
      { name: "age", classes: ages.length + 1 },
    ];
    this.ageGender = new AgeGenderNetwork(tensors.ageGender);
    this.expressionFeatures = new DenseFeatures("FaceApiRegressor", tensors.expression);
    this.expressionLayer = this.expressionFeatures.linear();
    this.ageClasses = new Linear(ageClasses(ages, ageScale));
  }

  /**
   * The networks of the installed package.
   *
   * @throws ModelsError where `@vladmandic/face-api` is not installed, or the folder holds no such files
   */
  static async load(options: FaceApiRegressorOptions = {}): Promise<FaceApiRegressor> {
    const settings = readOptions("FaceApiRegressor.load", REGRESSOR, options, ModelsError);
    const ageGender = await loadWeights("FaceApiRegressor.load", "age_gender_model", settings);
    const expression = await loadWeights("FaceApiRegressor.load", "face_expression_model", settings);
    return new FaceApiRegressor({ ageGender, expression }, settings);
  }

  logits(images: Tensor4D): Tensor2D[] {
    this.check("logits", images);
    return tidy(() => this.forward<Tensor>(new OnTensors(), images) as Tensor2D[]);
  }

  /** Ages in years, [n]. */
  ages(images: Tensor4D): Tensor1D {
    this.check("ages", images);
    return tidy(() => reshape(this.ageGender.forward<Tensor>(new OnTensors(), images).age, [-1]) as Tensor1D);
  }

  /** Age, gender and expressions of each image, as face-api's own functions give them. */
  async read(images: Tensor4D): Promise<FaceReading[]> {
    this.check("read", images);
    const answers = tidy(() => {
      const { age, gender } = this.ageGender.forward<Tensor>(new OnTensors(), images);
      return [age, softmax(gender), softmax(this.expression<Tensor>(new OnTensors(), images))];
    });
    const [ages, genders, expressions] = await Promise.all(answers.map((answer) => answer.data()));
    for (const answer of answers) answer.dispose();
    return Array.from(ages!, (age, i) => {
      const male = genders![2 * i]!;
      const each = Array.from(expressions!.subarray(i * EXPRESSIONS.length, (i + 1) * EXPRESSIONS.length));
      return { age, gender: male > 0.5 ? "male" : "female", genderProbability: Math.max(male, 1 - male), expressions: each };
    });
  }

  /** The networks as an ONNX graph: "images" [n, 3, side, side] → "gender", "expression" and "age", [n, classes] each. */
  toOnnx(): OnnxModel {
    checkAlive("toOnnx", "regressor", this.disposed);
    const graph = new GraphBuilder({ name: "face-api's attributes" });
    const images = graph.input("images", ["n", 3, "height", "width"]);
    const logits = this.forward(new InGraph(graph), images);
    for (const [k, { name, classes }] of this.attributes.entries()) graph.output(name, logits[k]!, ["n", classes]);
    return graph.build();
  }

  dispose(): void {
    this.disposed = true;
    for (const network of [this.ageGender, this.expressionFeatures, this.ageClasses]) network.dispose();
  }

  private forward<X>(on: Operations<X>, images: X): X[] {
    const { age, gender } = this.ageGender.forward(on, images);
    return [gender, this.expression(on, images), on.linear(age, this.ageClasses)];
  }

  private expression<X>(on: Operations<X>, images: X): X {
    return on.linear(this.expressionFeatures.forward(on, images), this.expressionLayer);
  }

  private check(caller: string, images: Tensor4D): void {
    checkAlive(caller, "regressor", this.disposed);
    checkImages(caller, "images", images);
  }
}

/** Logits of classes between limits, linear in the age: next to a limit t the odds of the two classes are exp((age − t) / scale). */
function ageClasses(limits: readonly number[], scale: number): { weight: Float32Array; bias: Float32Array } {
  let sum = 0;
  const bias = [0, ...limits.map((limit) => (sum -= limit / scale))];
  return { weight: Float32Array.from(bias, (_, k) => k / scale), bias: Float32Array.from(bias) };
}

function isRising(ages: unknown): ages is readonly number[] {
  return Array.isArray(ages) && ages.length > 0 && ages.every((age, k) => Number.isFinite(age) && (k === 0 || age > ages[k - 1]));
}
