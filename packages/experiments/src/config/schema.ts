/**
 * The configuration, declared once: defaults (the paper's), limits and what each field means. Types, checks, messages, the JSON Schema for
 * editors and the README's table follow from here.
 */
import { resolve } from "node:path";
import { ATTRIBUTE_LISTS, DIVERGENCES, describeChoice, describeValue } from "@latentflow/core";
import { z } from "zod";
import { attributeName, choice, count, distinct, either, list, path, positive, quantity, section, text } from "./fields.js";
import { model } from "./model.js";
import { checkTogether } from "./together.js";

/** Codes, starts, … */
const MANY = 10_000_000;
const BATCH = count(1, 10_000);
/** Above it, "never". */
const EVERY = count(1, 1e12);
const LENGTH = positive(1e6);

/** Seeds are 32 bits in some packages. */
export const MAX_SEED = 2 ** 32 - 1;

const edit = section({
  name: attributeName().describe("as the regressor calls it"),
  from: quantity({ min: 0, integer: true }).default(0).describe("class of the starts"),
  to: quantity({ min: 0, integer: true }).nullable().default(null).describe("class wanted; null: the last"),
});

const attributes = either(
  [
    z.literal("all"),
    list(
      either(
        [attributeName().transform((name): z.output<typeof edit> => ({ name, from: 0, to: null })), edit],
        "a name, or an object with a name",
      ),
      'a list with an entry or more, or "all"',
    ).superRefine(
      distinct(
        ({ name, from, to }) => JSON.stringify([name, from, to]),
        ({ name }) => name,
      ),
    ),
  ],
  'a list with an entry or more, or "all"',
);

/** Before the path of a method that is a file. */
const FILE = "file:";

const directionFile = section({
  file: path().describe(
    "direction: .safetensors of ours, .pt of the paper's code, .npy of one vector; {index} and {name} are each attribute's",
  ),
  attribute: attributeName()
    .nullable()
    .default(null)
    .describe("for which it is; null: for each by {index} or {name}, or the only one"),
  dataset: choice(ATTRIBUTE_LISTS)
    .nullable()
    .default(null)
    .describe("whose attributes {index} counts, by their names; null: the regressor's"),
  label: text().nullable().default(null).describe("what the report calls it; null: file and folder"),
});

/** A method that the table knows, or a file. */
const method = (ids: readonly string[] | null) =>
  either(
    [
      text()
        .refine((id) => id.startsWith(FILE) || ids === null || ids.includes(id), {
          error: ({ input }) => `expected {field} to be ${describeChoice(input, ids ?? [])}`,
        })
        .refine((id) => id !== FILE, { error: 'expected {field} to have a path behind "file:", got none.' })
        .transform((id): string | z.output<typeof directionFile> =>
          id.startsWith(FILE) ? { file: resolve(id.slice(FILE.length)), attribute: null, dataset: null, label: null } : id,
        ),
      directionFile,
    ],
    'a method\'s name, "file:" and a path, or an object with a file',
  );

/** As many as no generator has. */
const LAST_ROW = 64;

const rows = z
  .tuple([count(0, LAST_ROW - 1), count(1, LAST_ROW)], {
    error: ({ input }) =>
      `expected {field} to be a range [from, to], up to but not including the last, got ${describeValue(input)}.`,
  })
  .superRefine(([from, to], { addIssue }) => {
    if (from >= to) addIssue({ code: "custom", message: `expected {field} to have a row or more, got [${from}, ${to}].` });
  });

const sample = section({
  codes: count(4, MANY).default(20_000).describe("codes to fit, train and probe on"),
  heldOut: count(2, MANY).default(10_000).describe("further ones, never trained on, for measuring"),
  chunk: count(1, MANY).default(2000).describe("codes labelled in one job: what an interruption costs, what slices share out"),
  batchSize: BATCH.default(50).describe("images at once"),
});

const fit = section({
  ratio: positive(MANY).default(0.02).describe("InterFaceGAN: share of codes from each end of the scores, or a count above 1"),
  C: positive(1e9).default(1).describe("of its SVM"),
  components: count(1, 100_000).default(64).describe("GANSpace, SeFa: components among which the attribute's is looked for"),
});

const START = choice(["random", "line", "constant"]);

/** What differs between the paper's training and others; without a field, it is the paper's. */
const recipe = {
  start: START.optional()
    .meta({ default: "random" })
    .describe(
      'where trainings begin, in place of random weights: "line": along InterFaceGAN\'s line; "constant": flows along the trained constant\'s, which begins along InterFaceGAN\'s',
    ),
  divergence: choice(DIVERGENCES)
    .optional()
    .meta({ default: "kl" })
    .describe(
      '"hellinger": what shall stay as it is, is kept by squared Hellinger distances, which are bounded, in place of the KL',
    ),
  preservationTemperature: positive(1e6)
    .optional()
    .describe("τ of what shall stay as it is, of the edited pictures; as `train.temperature`"),
  originalTemperature: positive(1e6)
    .optional()
    .meta({ default: 1 })
    .describe("τ of what shall stay as it is, of the starts' pictures"),
  attributeScale: choice(["equal", "log-classes"])
    .optional()
    .meta({ default: "equal" })
    .describe('"log-classes": each attribute that shall stay counts over ln of its number of classes'),
  lengths: choice(["one", "stratified"])
    .optional()
    .meta({ default: "one" })
    .describe('"stratified": each code of a batch has a length of its own, spread over all of them'),
  pathShare: quantity({ min: 0, max: 0.9 })
    .optional()
    .meta({ default: 0 })
    .describe("share of a batch's codes that are looked at on their way, where only what shall stay counts"),
  codesWeight: quantity({ min: 0, most: 1e6 })
    .optional()
    .meta({ default: 0 })
    .describe("weight of a term that keeps edited codes where codes live"),
} as const;

const candidate = section({
  ...recipe,
  temperature: positive(1e6).optional().describe("in place of `train.temperature`"),
  preservationWeight: quantity({ min: 0, most: 1e6 }).optional().describe("in place of `train.preservationWeight`"),
});

const train = section({
  iterations: count(1, 100_000_000).default(1000).describe("Adam's steps"),
  batchSize: BATCH.default(32).describe("codes a step"),
  maxTime: LENGTH.default(6).describe("α: edits are trained up to this length"),
  learningRate: positive(1000).default(1e-3).describe("multiplied by `train.decayFactor` every `train.decayEvery` iterations"),
  constantRate: positive(1e6)
    .default(1)
    .describe("a trained constant's rate, in units of `train.learningRate`: it has no matrix, so it turns more slowly"),
  decayEvery: EVERY.default(1000).describe("iterations until the learning rate falls"),
  decayFactor: positive(1000).default(0.5).describe("by which it falls"),
  temperature: positive(1e6).default(4).describe("τ, divides the logits of the edited pictures in the loss"),
  preservationWeight: quantity({ min: 0, most: 1e6 }).default(1).describe("λ, weight of what shall stay as it is"),
  solverSteps: count(1, 10_000).default(1).describe("Runge–Kutta steps over an edit"),
  checkpointEvery: EVERY.default(50).describe("iterations that an interruption costs at most"),
  // Left out, it stays out: settings of earlier runs are the same as before.
  seeds: count(1, 1000).optional().meta({
    default: 1,
    description: "trainings of each method from different seeds; tables and tests are then over all of them",
  }),
  preserve: choice(["attributes", "identity"])
    .optional()
    .meta({ default: "attributes" })
    .describe(
      'what shall stay as it is: "identity": what `model.embedder` makes of the pictures (equation 9), in place of the other attributes (equation 5)',
    ),
  ...recipe,
  candidates: list(candidate)
    .optional()
    .describe(
      "several trainings, each with what differs; after each round the better half trains on, and the best snapshot is taken",
    ),
  rounds: count(1, 1000)
    .optional()
    .meta({ default: 2 })
    .describe("equal parts of the iterations after which candidates are measured"),
  validationStarts: count(1, MANY)
    .optional()
    .meta({ default: 100 })
    .describe("codes of the start's class that are kept from training, to measure candidates on"),
});

const evaluate = section({
  starts: count(2, MANY).default(2000).describe("held-out codes of class `from` at most"),
  times: count(2, 10_000).default(40).describe("equally spaced edit lengths, 0 and `evaluate.maxTime` included"),
  maxTime: LENGTH.default(6).describe("the largest of them"),
  resamples: count(1, 1_000_000).default(1000).describe("of the bootstraps"),
  confidence: quantity({ above: 0, most: 0.999 }).default(0.95).describe("of bands and intervals"),
  batchSize: BATCH.default(100).describe("images at once"),
  control: choice(["target", "changed"])
    .default("target")
    .describe('Control counts starts that show class `to` at t; "changed": that changed at some time up to t'),
});

const analyze = section({
  probeCodes: count(10, MANY).default(5000).describe("codes for the probes, at most `sample.codes`"),
  paths: count(1, 1_000_000).default(200).describe("starts whose paths are measured for straightness"),
  bins: count(1, 1_000_000).default(20).describe("of the first flips, at most; each holds a whole number of `evaluate.times`"),
  k: count(1, 100_000).nullable().default(null).describe("singular values that count for the entropy; null: all"),
  probe: choice(["neighbours", "rbf-svm"])
    .default("neighbours")
    .describe('the nonlinear one; "rbf-svm" is slower and often better'),
});

const pictures = section({
  samples: count(0, 1000).default(4).describe("starts shown; 0: no pictures"),
  frames: count(2, 10_000).default(22).describe("edit lengths shown, from 0 to `evaluate.maxTime`"),
});

/**
 * What a user writes; parsed, an experiment that is complete and plain JSON.
 *
 * @param methods ids of all methods that there are; null: any may be meant, as long as nobody knows those from outside
 */
export const experimentSchema = (methods: readonly string[] | null) =>
  section(
    {
      preset: choice(["paper", "demo", "quick", "robust"])
        .default("paper")
        .describe(
          'settings to begin with, "paper": its settings, hours; "demo": minutes; "quick": under one; "robust": the paper\'s with another training, see `train.candidates`; fields beside it win',
        ),
      name: text().default("latentflow experiment").describe("title of the report"),
      seed: quantity({ min: 0, max: MAX_SEED, integer: true }).default(0).describe("everything random follows from it"),
      model: model.prefault("scenes").describe("generator and regressor"),
      truncation: quantity({ above: 0, max: 1 })
        .default(1)
        .describe("ψ around the mean latent, after the edit; the paper takes 0.7"),
      truncationCutoff: either([count(0, 64), choice(["all"])], 'a number of rows of W+, or "all"')
        .default("all")
        .describe("only so many first rows of W+ are truncated, as NVlabs' truncation_cutoff"),
      rows: either([rows, choice(["all"])], 'a range [from, to] of rows of W+, or "all"')
        .default("all")
        .describe("rows of W+ codes that edits move, half-open: [0, 6] are the first six"),
      attributes: attributes
        .prefault("all")
        .describe('edited attributes: names, or names with classes; "all": each that the regressor knows'),
      methods: list(method(methods))
        .superRefine(
          distinct(
            (given) => JSON.stringify(given),
            (given) => (typeof given === "string" ? given : given.file),
          ),
        )
        .prefault(["interfacegan", "projected", "constant", "ode-1"])
        .describe('ways to find an edit, by name, and directions that are found already: "file:log/ffhq/1/ckpt_{index}.pt"'),
      sample: sample.prefault({}).describe("codes and their labels"),
      fit: fit.prefault({}).describe("methods that need no training"),
      train: train.prefault({}).describe("methods that are trained"),
      evaluate: evaluate.prefault({}).describe("what is measured on held-out codes"),
      analyze: analyze.prefault({}).describe("what is looked at along the paths"),
      pictures: pictures.prefault({}).describe("strips and movies"),
      extensions: path()
        .optional()
        .describe("module of methods and analyses of your own; its default export is made by `defineExtensions`"),
      $schema: z.string().optional().describe("path or address of this schema, for editors"),
    },
    "an object of settings",
  )
    .transform(({ preset: _preset, $schema: _schema, truncationCutoff, rows, ...config }) => ({
      ...config,
      // Left out where they say nothing: settings written down before there were any are the same.
      ...(rows !== "all" && { rows }),
      ...(truncationCutoff !== "all" && { truncationCutoff }),
    }))
    .superRefine(checkTogether);
