/** Which generator and regressor an experiment is about: its field `model`. */
import { BUNDLED, BUNDLED_ALIASES } from "@latentflow/engine";
import { z } from "zod";
import {
  attributeName,
  choice,
  count,
  distinct,
  either,
  list,
  ofKind,
  path,
  positive,
  quantity,
  section,
  text,
} from "./fields.js";

type Bundled = (typeof BUNDLED)[number];
type BundledAlias = keyof typeof BUNDLED_ALIASES;

/** What configurations may call the bundled networks. */
const NAMES = [...BUNDLED, ...Object.keys(BUNDLED_ALIASES)] as (Bundled | BundledAlias)[];

/** What run folders call them: the first by its older name, so that a run which was begun under one of its names is the same under the other. */
type KeptModelName = BundledAlias | Exclude<Bundled, "tabletop">;
const kept = (name: Bundled | BundledAlias): KeptModelName => (name === "tabletop" ? "scenes" : name);

const bundled = section({
  kind: z.literal(NAMES),
  from: path().nullable().default(null).describe("folder of other data files; null: those that come along"),
}).describe("bundled networks: a StyleGAN2 of rendered pictures and its regressor");

const key = text().optional().describe("of a PyTorch file: where in it the state dict is, such as g or nets.g");
const resize = choice(["area", "bilinear", "nearest"])
  .optional()
  .describe("how the generator's images come to the size that it takes; without it they must have that size");

const file = <S extends z.ZodRawShape>(about: string, more: S) =>
  either([path(), section({ file: path().describe(about), ...more })], "a path, or an object with a file").describe(about);

const generator = file("StyleGAN2 as .pkl (NVlabs), .pt (rosinality) or .safetensors; any generator as .onnx", {
  key,
  latent: text().optional().describe("of a graph that maps z to w inside: the name of w; without it, found by its structure"),
});
const regressor = file("regressor of the attributes as .pt or .safetensors; any as .onnx", { key, resize });
const judge = file("a second regressor, trained from another seed: judges edited pictures, and nothing else", { key, resize });
const embedder = file(
  "images to rows of length 1, as .onnx or facenet-pytorch's .pt: for train.preserve: identity, and methods of your own that keep one",
  { resize },
);

const thresholds = list(quantity({}), "a list of rising numbers").superRefine((values, { addIssue }) => {
  if (values.some((at, k) => k > 0 && at <= values[k - 1]!))
    addIssue({ code: "custom", message: "expected {field} to be a list of rising numbers." });
});

const attribute = either(
  [
    attributeName(),
    section({
      name: attributeName(),
      classes: count(2, 10_000).optional().describe("its numbers in the answer, one a class"),
      thresholds: thresholds.optional().describe("of an attribute that is one number: where each further class begins"),
      scale: positive(1e9).optional().describe("by so much that number changes a logit by 1"),
    }).superRefine(({ classes, thresholds: at, scale }, { addIssue }) => {
      if ((classes === undefined) === (at === undefined) || (scale !== undefined && at === undefined))
        addIssue({ code: "custom", message: "expected {field} to have classes, or thresholds and perhaps their scale." });
    }),
  ],
  "a name, or an object with a name",
);

const nameOf = (item: z.output<typeof attribute>) => (typeof item === "string" ? item : item.name);

const files = section({
  kind: z.literal("files"),
  generator,
  mapping: path()
    .optional()
    .describe("z to w as .onnx, beside a generator as .onnx; without it the generator's own, else codes are N(0, 1)"),
  regressor,
  judge: judge.optional(),
  embedder: embedder.optional(),
  codes: path()
    .optional()
    .describe(
      "codes w [n, d], or of W+ [n, rows, d], as .npy, or .pt or .safetensors with ws and perhaps labels, which are then taken as they are",
    ),
  heads: choice(["classes", "binary"])
    .optional()
    .describe(
      "binary: every number of a graph's answer is the logit of an attribute of two classes; without it, by widths and names",
    ),
  attributes: list(attribute)
    .superRefine(distinct(nameOf))
    .optional()
    .describe("the regressor's attributes, in its order; without them, as the outputs of an .onnx file are called"),
}).describe("networks in files");

export const model = either(
  [
    z.literal(NAMES).transform((name) => ({ kind: kept(name), from: null })),
    ofKind(
      bundled,
      section({
        kind: z.literal("module"),
        path: path().describe("the module's file; its default export makes a `ModelParts`"),
      }).describe("a module of your own: any generator and regressor"),
      files,
    ).transform((given) => (given.kind === "module" || given.kind === "files" ? given : { ...given, kind: kept(given.kind) })),
  ],
  "an object with a kind",
  NAMES,
);
