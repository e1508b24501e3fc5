import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { NpzFile } from "@latentflow/checkpoints";
import { attributeNames, type DeclaredOptions, type OptionValues } from "@latentflow/core";
import { type DatasetDescription, refuse, refuseFile } from "../input/about.js";
import { type DatasetAttribute, FactorGrid, numbered } from "../input/labels.js";
import { seededSplits } from "../input/splits.js";
import { headOf, oddContents } from "../input/what-is-it.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureArray } from "../pictures/array.js";
import { reader } from "./reader.js";

const SIDE = 64;
const COLOURS = ["white", "green", "red", "blue", "brown", "olive"];
const SHAPES = ["cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere"];
const STEPS = 40;

/** Classes of the two factors in which releases differ; numbers where no names are published. */
const VARIANTS: Readonly<Record<string, readonly [colours: readonly string[] | number, shapes: readonly string[] | number]>> = {
  toy: [COLOURS, SHAPES],
  realistic: [COLOURS, SHAPES],
  real: [COLOURS, SHAPES],
  complex: [
    ["yellow", "green", "olive", "red"],
    ["coffee-cup", "tennis-ball", "croissant", "beer-cup"],
  ],
  "older-toy": [4, 4],
};

const about: DatasetDescription = {
  title: "MPI3D",
  page: "https://github.com/rr-learning/disentanglement_dataset",
  holds: [
    "mpi3d_toy.npz, mpi3d_realistic.npz, mpi3d_real.npz (before 17 April 2025 a corrupt one was published) or real3d_complicated_shapes_ordered.npz",
    'the file itself, with an array "images" of bytes: 1,036,800 pictures of 64 × 64, 460,800 of complex',
  ],
  size: "12.7 GB unpacked, 5.7 GB of complex",
  regressor: "cnn",
};

const OPTIONS = {
  /**
   * Which release it is: "toy", "realistic" and "real" differ in nothing but their pictures; 460,800 pictures are those of "complex" or of a toy release
   * before the final one ("older-toy"), so there it must be said. Default: by the count of pictures.
   */
  variant: { optional: true, choices: ["toy", "realistic", "real", "complex", "older-toy"] },
} as const satisfies DeclaredOptions;

/**
 * MPI3D (Gondal et al., 2019): pictures of a robot's arm by all combinations of seven factors. It has no splits; those here are drawn from a seed.
 * Labels follow from a picture's number.
 */
export const mpi3d = reader({
  about,
  options: OPTIONS,
  async open(path: string, { variant }: OptionValues<typeof OPTIONS>): Promise<Catalogue> {
    const file = await findFile(path);
    const odd = oddContents(await headOf(file));
    if (odd !== undefined) refuse(about, `an npz archive at ${file}`, odd);
    const npz = await NpzFile.open(file).catch((cause) => refuseFile(about, file, cause));
    try {
      const count = await countPictures(npz, file);
      const attributes = factorsOf(count, file, variant);
      const grid = new FactorGrid(attributes.map(({ classes }) => classes.length));
      return {
        attributes,
        length: count,
        labels: (index, out) => grid.row(index, out),
        id: (index) => String(index),
        splits: () => seededSplits(count),
        pictures: await pictureArray({ file, npz, array: "images", count, width: SIDE, height: SIDE }),
        files: [file],
      };
    } catch (error) {
      await npz.close();
      return refuseFile(about, file, error);
    }
  },
});

async function findFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => refuse(about, `the file ${path}`, "nothing there"));
  if (!found.isDirectory()) return path;
  const files = (await readdir(path)).filter((name) => name.endsWith(".npz"));
  if (files.length === 1) return join(path, files[0]!);
  const others = await readdir(path);
  const page = others.find((name) => /\.(html?|php)$/.test(name));
  const got = files.length === 0 ? (page === undefined ? "none" : `none, but ${page}`) : files.join(", ");
  return refuse(about, `one .npz file in ${path}`, got, files.length > 1 ? "name the file itself" : undefined);
}

async function countPictures(npz: NpzFile, file: string): Promise<number> {
  if (!npz.names.includes("images"))
    refuse(about, `an array "images" in ${file}`, npz.names.length === 0 ? "no array" : `only ${npz.names.join(", ")}`);
  const { dtype, shape, columnMajor } = await npz.header("images");
  const shown = `[${shape.join(", ")}]`;
  if (dtype !== "uint8") refuse(about, `bytes (uint8) in the array "images" of ${file}`, dtype);
  if (columnMajor) refuse(about, `the array "images" of ${file} row by row (C order)`, "column by column (Fortran order)");
  if (shape.length < 4 || shape.slice(-3).join() !== `${SIDE},${SIDE},3`)
    refuse(about, `pictures [64, 64, 3] in ${file}`, `an array ${shown}`);
  return shape.slice(0, -3).reduce((product, length) => product * length, 1);
}

function factorsOf(count: number, file: string, variant: string | undefined): DatasetAttribute[] {
  const sizes = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, factors(name)]));
  const fitting = Object.keys(sizes).filter((name) => lengthOf(sizes[name]!) === count);
  if (fitting.length === 0) refuse(about, `1,036,800 pictures in ${file}, or 460,800 of complex`, count.toLocaleString("en-US"));
  if (variant !== undefined && !fitting.includes(variant))
    refuse(
      about,
      `${lengthOf(sizes[variant]!).toLocaleString("en-US")} pictures of variant ${variant} in ${file}`,
      count.toLocaleString("en-US"),
      `it is one of ${fitting.join(", ")}`,
    );
  if (variant === undefined && fitting.length === 2)
    refuse(
      about,
      `the variant of ${file}`,
      "460,800 pictures, which two releases have",
      `say which: variant ${fitting.join(" or ")}`,
    );
  return sizes[variant ?? fitting[0]!]!;
}

function factors(variant: string): DatasetAttribute[] {
  const [colours, shapes] = VARIANTS[variant]!;
  const classes: readonly (readonly string[] | number)[] = [
    ...[colours, shapes, ["small", "large"], ["top", "center", "bottom"], ["purple", "sea green", "salmon"]],
    ...[STEPS, STEPS],
  ];
  return attributeNames("mpi3d").map((name, i) => {
    const list = classes[i]!;
    return typeof list === "number" ? numbered(name, list) : { name, classes: list };
  });
}

const lengthOf = (attributes: readonly DatasetAttribute[]) =>
  attributes.reduce((product, { classes }) => product * classes.length, 1);
