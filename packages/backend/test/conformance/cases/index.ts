import type { Case } from "./case.js";
import { convolutions, depthwises, transposed } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { maxima, pooling, resizes } from "./images.js";
import { indexing } from "./indexing.js";
import { products } from "./products.js";

export const cases: readonly Case[] = [
  ...products,
  ...convolutions,
  ...transposed,
  ...depthwises,
  ...pooling,
  ...maxima,
  ...resizes,
  ...indexing,
  ...elementwise,
];
