import { attributeNames } from "@latentflow/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeCub } from "../../../tools/made-up-datasets/cub.js";
import { MADE_UP } from "../../../tools/made-up-datasets/index.js";
import { MPI3D_SEEN, mpi3dByte, writeMpi3d } from "../../../tools/made-up-datasets/mpi3d.js";
import { writePlaces365 } from "../../../tools/made-up-datasets/places365.js";
import { DATASETS, type Dataset, type DatasetName, type OpenDatasetOptions, openDataset } from "../src/index.js";
import { emptyFolder } from "./folders.js";

async function open<N extends DatasetName>(name: N, path: string, options?: OpenDatasetOptions<N>): Promise<Dataset> {
  const dataset = await openDataset(name, path, options);
  onTestFinished(() => dataset.close());
  return dataset;
}

const namesOf = (dataset: Dataset) => dataset.attributes.map(({ name }) => name);
const classesOf = (dataset: Dataset) => dataset.attributes.map(({ classes }) => [...classes]);
const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const sizesOf = (dataset: Dataset) =>
  Object.fromEntries(Object.entries(dataset.splits).map(([name, list]) => [name, list.length]));
/** A made-up picture tells its number by its red. */
const numberOf = (data: ArrayLike<number>) => data[0]! - 20;

it("knows the paper's data sets, and folders of one's own", () => {
  expect([...DATASETS].sort()).toEqual(Object.keys(MADE_UP).sort());
});

describe("MPI3D", () => {
  it("has the published order of factors, names of classes, and strides", async () => {
    const toy = await open("mpi3d", writeMpi3d(emptyFolder()));
    expect(toy.length).toBe(1_036_800);
    expect(namesOf(toy)).toEqual([
      ...["object_color", "object_shape", "object_size", "camera_height", "background_color", "horizontal_axis", "vertical_axis"],
    ]);
    expect(classesOf(toy)).toEqual([
      ["white", "green", "red", "blue", "brown", "olive"],
      ["cone", "cube", "cylinder", "hexagonal", "pyramid", "sphere"],
      ["small", "large"],
      ["top", "center", "bottom"],
      ["purple", "sea green", "salmon"],
      ...[numbersTo(40), numbersTo(40)],
    ]);
    // One class on, one stride on: object_color is the slowest, the vertical axis the fastest.
    const strides = [172_800, 28_800, 14_400, 4800, 1600, 40, 1];
    for (const [k, stride] of strides.entries()) {
      expect([...toy.labels(stride)]).toEqual(strides.map((_, i) => Number(i === k)));
    }
    expect([...toy.labels(1_036_799)]).toEqual([5, 5, 1, 2, 2, 39, 39]);
    expect(sizesOf(toy)).toEqual({ train: 933_120, validation: 51_840, test: 51_840 });
    expect(toy.balance().map((counts) => counts[0])).toEqual([172_800, 172_800, 518_400, 345_600, 345_600, 25_920, 25_920]);
  });

  it.each([
    ["[n, 64, 64, 3]", undefined],
    ["by factors", [6, 6, 2, 3, 3, 40, 40, 64, 64, 3]],
  ])("stored as %s: reads any picture in place", async (_, shape) => {
    const toy = await open("mpi3d", writeMpi3d(emptyFolder(), shape ? { shape } : {}));
    for (const index of [1_036_799, 0, ...MPI3D_SEEN]) {
      const { image, id, labels } = await toy.get(index);
      expect(image).toMatchObject({ width: 64, height: 64 });
      expect(
        Buffer.from(image.data as Uint8Array).equals(Buffer.from(Array.from({ length: 12_288 }, (_, j) => mpi3dByte(index, j)))),
      ).toBe(true);
      expect(id).toBe(String(index));
      expect([...labels]).toEqual([...toy.labels(index)]);
    }
    expect((await toy.get(3)).image.data.every((byte) => byte === 0)).toBe(true);
  });

  it("in order, also from a place on; a random order is the same for a seed", async () => {
    const toy = await open("mpi3d", writeMpi3d(emptyFolder()));
    const seen: number[][] = [];
    for await (const { id, image } of toy.items({ start: 28_800 })) {
      seen.push([Number(id), image.data[5]!]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      [28_800, 0],
      [28_801, mpi3dByte(28_801, 5)],
      [28_802, 0],
    ]);
    const ids = async (start: number) => {
      const list: string[] = [];
      for await (const { id } of toy.items({ split: "test", shuffle: 7, start })) {
        list.push(id);
        if (list.length === 6) return list;
      }
      return list;
    };
    const [whole, later] = [await ids(0), await ids(2)];
    expect(later.slice(0, 4)).toEqual(whole.slice(2));
    expect(new Set(whole).size).toBe(6);
    expect(whole.every((id) => toy.splits.test!.includes(Number(id)))).toBe(true);
  });

  it("deflated: in order alone", async () => {
    const toy = await open("mpi3d", writeMpi3d(emptyFolder(), { variant: "complex", deflated: true }), { variant: "complex" });
    const seen: number[] = [];
    for await (const { image } of toy) {
      seen.push(image.data[3]!);
      if (seen.length === 4) break;
    }
    expect(seen).toEqual([mpi3dByte(0, 3), mpi3dByte(1, 3), mpi3dByte(2, 3), 0]);
    await expect(toy.get(5)).rejects.toThrow(/expected pictures that can be read at any place.*compressed/);
    await expect(toy.items({ shuffle: 1 }).next()).rejects.toThrow(/expected no shuffle, got 1: .* is compressed/);
  });

  it("460,800 pictures: the variant must be said", async () => {
    const file = writeMpi3d(emptyFolder(), { variant: "complex" });
    await expect(openDataset("mpi3d", file)).rejects.toThrow(
      /460,800 pictures, which two releases have; say which: variant complex or older-toy/,
    );
    const complex = await open("mpi3d", file, { variant: "complex" });
    expect(classesOf(complex).slice(0, 2)).toEqual([
      ["yellow", "green", "olive", "red"],
      ["coffee-cup", "tennis-ball", "croissant", "beer-cup"],
    ]);
    expect([...complex.labels(115_200)]).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect((await open("mpi3d", file, { variant: "older-toy" })).attributes[0]!.classes).toEqual(numbersTo(4));
  });
});

it("Isaac3D: order of factors, classes by rounding, strides, splits", async () => {
  const folder = await MADE_UP.isaac3d(emptyFolder());
  const isaac = await open("isaac3d", folder);
  expect(isaac.length).toBe(737_280);
  expect(namesOf(isaac)).toEqual([
    ...["object_shape", "robot_x-move", "robot_y-move", "camera_height", "object_scale"],
    ...["lighting_intensity", "lighting_y-dir", "object_color", "wall_color"],
  ]);
  expect(classesOf(isaac)).toEqual([3, 8, 5, 4, 4, 4, 6, 4, 4].map(numbersTo));
  const strides = [245_760, 30_720, 6144, 1536, 384, 96, 16, 4, 1];
  for (const [k, stride] of strides.entries()) expect([...isaac.labels(stride)]).toEqual(strides.map((_, i) => Number(i === k)));
  expect([...isaac.labels(737_279)]).toEqual([2, 7, 4, 3, 3, 3, 5, 3, 3]);
  expect(sizesOf(isaac)).toEqual({ train: 663_552, validation: 36_864, test: 36_864 });
  const { image, id } = await isaac.get(5);
  expect([image.width, image.height, numberOf(image.data), id]).toEqual([128, 128, 5, "000005.png"]);
  // Also by the folder itself.
  expect((await open("isaac3d", `${folder}/Isaac3D_down128`)).length).toBe(737_280);
});

it("CelebA: names in the file's order, labels ±1 as yes and no, three splits", async () => {
  const celeba = await open("celeba", await MADE_UP.celeba(emptyFolder()));
  expect(namesOf(celeba)).toEqual(attributeNames("ffhq"));
  expect([namesOf(celeba)[20], namesOf(celeba)[33], namesOf(celeba)[39]]).toEqual(["Male", "Wavy_Hair", "Young"]);
  expect(celeba.attributes[0]!.classes).toEqual(["no", "yes"]);
  for (const i of [0, 1, 2, 11])
    expect([...celeba.labels(i)]).toEqual(Array.from({ length: 40 }, (_, k) => Number(((i + 1) * (k + 3)) % 3 === 0)));
  expect(Object.fromEntries(Object.entries(celeba.splits).map(([name, list]) => [name, [...list]]))).toEqual({
    train: [0, 1, 4, 5, 8, 9],
    validation: [2, 6, 10],
    test: [3, 7, 11],
  });
  const { image, id } = await celeba.get(7);
  expect([image.width, image.height, id]).toEqual([178, 218, "000008.jpg"]);
  expect(Math.abs(numberOf(image.data) - 7)).toBeLessThan(3);
  expect([...celeba.balance("test")[0]!]).toEqual(
    [2, 1].map((_, i) => [3, 7, 11].filter((n) => celeba.labels(n)[0] === i).length),
  );
});

it("Transient Attributes: cells score,confidence; a threshold; splits by camera", async () => {
  const folder = await MADE_UP["transient-attributes"](emptyFolder());
  const scenes = await open("transient-attributes", folder);
  expect(namesOf(scenes)).toEqual(attributeNames("places365"));
  expect([namesOf(scenes)[0], namesOf(scenes)[22], namesOf(scenes)[39]]).toEqual(["dirty", "rugged", "lush"]);
  const score = (i: number, k: number) => ((7 * i + 3 * k) % 11) / 10;
  const expected = (i: number, threshold: number) => Array.from({ length: 40 }, (_, k) => Number(score(i, k) >= threshold));
  expect([...scenes.labels(4)]).toEqual(expected(4, 0.5));
  const strict = await open("transient-attributes", folder, { threshold: 0.8, minConfidence: 0.5 });
  expect([...strict.labels(4)]).toEqual(expected(4, 0.8).map((label, k) => ((4 + k) % 4 === 0 ? -1 : label)));
  expect([...scenes.splits.test!]).toEqual([3, 7, 11]);
  expect((await scenes.get(6)).id).toBe("90000001/6.jpg");
});

describe("Places365", () => {
  const natural = ["/b/beach", "/c/canal/natural", "/f/forest/broadleaf"];

  it.each([
    ["nested with initials", false, ["data_256_standard/c/canal/natural/00000002.jpg", { train: 6 }]],
    [
      "train and val, one folder a category",
      true,
      ["places365_standard/train/forest-broadleaf/00000001.jpg", { train: 3, validation: 3 }],
    ],
  ] as const)("keeps the scenes in nature, %s", async (_, easy, [id, splits]) => {
    const places = await open("places365", await writePlaces365(emptyFolder(), { easy }));
    expect(places.attributes.map(({ name, classes }) => [name, classes])).toEqual([
      ["category", natural],
      ["place", ["indoor", "outdoor"]],
    ]);
    expect(places.length).toBe(6);
    expect(sizesOf(places)).toEqual(splits);
    const index = Array.from({ length: 6 }, (_, i) => places.id(i)).indexOf(id);
    expect(index).toBeGreaterThanOrEqual(0);
    expect([...places.labels(index)]).toEqual([easy ? 2 : 1, 1]);
  });

  it("others by choice: without those in two places, outdoors, all", async () => {
    const folder = await writePlaces365(emptyFolder());
    expect((await open("places365", folder, { mixed: false })).attributes[0]!.classes).toEqual([
      "/b/beach",
      "/f/forest/broadleaf",
    ]);
    expect((await open("places365", folder, { scenes: "outdoor" })).length).toBe(10);
    const all = await open("places365", folder, { scenes: "all" });
    expect([all.length, all.attributes[0]!.classes.length]).toEqual([12, 365]);
    expect([...all.labels(2)]).toEqual([1, 0]);
  });
});

describe("CUB-200-2011", () => {
  it.each([false, true])("312 attributes (attributes.txt inside: %s), lines with surplus fields kept", async (inside) => {
    const birds = await open("cub", await writeCub(emptyFolder(), { inside }));
    expect(namesOf(birds)).toEqual(attributeNames("cub-312"));
    expect([namesOf(birds)[0], namesOf(birds)[311]]).toEqual([
      "has_bill_shape::curved_(up_or_down)",
      "has_wing_pattern::multi-colored",
    ]);
    for (const i of [1, 4, 9])
      expect([...birds.labels(i - 1)]).toEqual(Array.from({ length: 312 }, (_, k) => Number((i * (k + 1)) % 5 === 0)));
    expect([...birds.splits.train!]).toEqual([0, 2, 4, 6, 8]);
    const { image, id } = await birds.get(2);
    expect([image.width, image.height, id]).toEqual([63, 50, "200.Common_Yellowthroat/Common_Yellowthroat_0003_1003.jpg"]);
  });

  it("by certainty, by class, and some attributes alone", async () => {
    const folder = await writeCub(emptyFolder());
    const sure = await open("cub", folder, { minCertainty: 3 });
    expect([...sure.labels(0)].slice(0, 6)).toEqual(
      [1, 2, 3, 4, 5, 6].map((a) => (1 + ((1 + a) % 4) >= 3 ? Number(a % 5 === 0) : -1)),
    );
    const name = "has_size::small_(5_-_9_in)";
    const some = await open("cub", folder, { labels: "class", attributes: [name] });
    const a = attributeNames("cub-312").indexOf(name) + 1;
    const votes = [2, 5, 8].map((i) => Number((i * a) % 5 === 0));
    expect([...some.labels(1)]).toEqual([Number(votes.reduce((sum, vote) => sum + vote) >= 1.5)]);
    expect([...some.labels(7)]).toEqual([...some.labels(1)]);
    await expect(openDataset("cub", folder, { attributes: ["size"] })).rejects.toThrow(
      /expected attributes that .* lists, got "size"/,
    );
  });
});

it("a folder with a CSV: quoted cells, numbers by size, unknown cells, splits; by its table, too", async () => {
  const folder = await MADE_UP.csv(emptyFolder());
  const own = await open("csv", folder);
  expect(own.attributes).toEqual([
    { name: "shape", classes: ["ball, red", "cube"] },
    { name: "size", classes: ["2", "9", "10"] },
  ]);
  expect([0, 1, 2, 3].map((i) => [...own.labels(i)])).toEqual([
    [0, 2],
    [1, 1],
    [0, 0],
    [1, -1],
  ]);
  expect([...own.splits.test!]).toEqual([0, 4, 8]);
  expect(own.balance().map((counts) => [...counts])).toEqual([
    [6, 6],
    [3, 3, 3],
  ]);
  expect((await open("csv", `${folder}/labels.csv`)).length).toBe(12);
});
