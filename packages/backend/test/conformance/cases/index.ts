import { blocks } from "./blocks.js";
import type { Case } from "./case.js";
import { convolutions, depthwises, transposed } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { maxima, pooling, resizes } from "./images.js";
import { indexing } from "./indexing.js";
import { losses } from "./losses.js";
import { normalisations } from "./normalisations.js";
import { padding } from "./padding.js";
import { pairs } from "./pairs.js";
import { picking } from "./picking.js";
import { pieces } from "./pieces.js";
import { products } from "./products.js";
import { rearranging } from "./rearranging.js";
import { reducing } from "./reductions.js";
import { unary } from "./unary.js";
import { volumes } from "./volumes.js";

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
  ...unary,
  ...pairs,
  ...reducing,
  ...rearranging,
  ...padding,
  ...pieces,
  ...blocks,
  ...picking,
  ...volumes,
  ...normalisations,
  ...losses,
];
