import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

export const products: Case[] = [];
for (const [a, b] of [
  [
    [3, 5],
    [5, 4],
  ],
  [
    [20, 33],
    [33, 17],
  ],
  [
    [5, 60],
    [60, 40],
  ],
  [
    [2, 3, 5],
    [2, 5, 4],
  ],
  [
    [3, 18, 33],
    [3, 33, 16],
  ],
  [
    [2, 2, 20, 20],
    [2, 2, 20, 25],
  ],
  [
    [3, 8, 9],
    [1, 9, 7],
  ],
  [
    [1, 20, 30],
    [3, 30, 16],
  ],
  [
    [2, 1, 20, 24],
    [1, 3, 24, 18],
  ],
  [
    [2, 3, 2, 3],
    [2, 1, 3, 2],
  ],
  [
    [3, 1, 2, 3],
    [2, 3, 2],
  ],
] as const) {
  for (const [ta, tb] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const swap = (shape: readonly number[], yes: boolean) =>
      yes ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
    products.push({
      name: `matMul [${swap(a, ta)}]${ta ? "ᵀ" : ""} × [${swap(b, tb)}]${tb ? "ᵀ" : ""}`,
      shapes: [swap(a, ta), swap(b, tb)],
      run: (x, y) => tf.matMul(x, y, ta, tb),
      reference: (x, y) => ref.matMul(x, y, ta, tb),
    });
  }
}

products.push({
  name: "fused matMul of a batch with bias and leaky ReLU",
  shapes: [[3, 4, 5], [3, 5, 2], [2]],
  run: (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: "leakyrelu", leakyreluAlpha: 0.2 }),
  reference: (a, b, bias) => {
    const product = ref.matMul(a!, b!, false, false);
    return ref.build(product.shape, (index) => {
      const value = ref.at(product, index) + ref.at(bias!, [index[2]!]);
      return value > 0 ? value : 0.2 * value;
    });
  },
  skip: { cpu: "the stock cpu kernel knows no leaky ReLU in a batch" },
});
