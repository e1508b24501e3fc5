import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { MADE_UP } from "../../../tools/made-up-datasets/index.js";
import { writeIsaac3d } from "../../../tools/made-up-datasets/isaac3d.js";
import { writeMpi3d } from "../../../tools/made-up-datasets/mpi3d.js";
import { checkDataset, DATASETS, type DatasetName, describeDataset } from "../src/index.js";
import { all, append, type Damage, empty, gone, half, lines, put, renamed, replace, webPage } from "./damage.js";
import { emptyFolder } from "./folders.js";

const PUBLISHED = "its authors publish it at";
const FIRST = "img_align_celeba/000001.jpg";
const isaac = (file: string) => `Isaac3D_down128/${file}`;
const bird = (file: string) => `CUB_200_2011/${file}`;
const BIRD = bird("images/001.Black_footed_Albatross/Black_footed_Albatross_0001_1001.jpg");
const LABELS = bird("attributes/image_attribute_labels.txt");

/** Ten and more ways for each. All data sets are a part of the published ones. */
const DAMAGES: Readonly<Record<Exclude<DatasetName, "mpi3d">, readonly Damage[]>> = {
  celeba: [
    [
      "no list of labels",
      gone("list_attr_celeba.txt"),
      new RegExp(`expected the file list_attr_celeba.txt .*got none .*${PUBLISHED}`),
    ],
    ["a web page for the labels", webPage("list_attr_celeba.txt"), /the text file .*list_attr_celeba.txt, got an HTML page/],
    [
      "labels cut off in a line",
      half("list_attr_celeba.txt"),
      /expected 12 lines of labels .*as its first line says, got \d|40 labels in line/,
    ],
    [
      "labels cut off between lines",
      lines("list_attr_celeba.txt", 9),
      /expected 12 lines of labels .*got 7; is the file cut off/,
    ],
    [
      "another order of names",
      replace("list_attr_celeba.txt", "Attractive Bags", "Bags Attractive"),
      /expected name 3 in line 2 .*"Attractive", got "Bags"|expected name 3/,
    ],
    [
      "a label that is none",
      replace("list_attr_celeba.txt", /000002.jpg {2}1/, "000002.jpg 0"),
      /expected labels 1 or -1 in line 4 .*got "0"/,
    ],
    ["splits cut off", lines("list_eval_partition.txt", 5), /expected a split of 000006.jpg .*got none; is the file cut off/],
    ["a split that is none", replace("list_eval_partition.txt", "000003.jpg 1", "000003.jpg 7"), /0, 1 or 2 in line 3/],
    [
      "no pictures, but their archive",
      all(renamed("img_align_celeba", "away"), put("img_align_celeba.zip", "PK\u0003\u0004")),
      /got none, but img_align_celeba.zip; unpack that/,
    ],
    [
      "a web page for the archive",
      all(renamed("img_align_celeba", "away"), webPage("img_align_celeba.zip")),
      /img_align_celeba.zip, which is an HTML page/,
    ],
    ["a picture missing", gone(FIRST), /^1 of 12 pictures are missing: img_align_celeba\/000001.jpg$/],
    ["a picture cut off", half(FIRST), /^1 of 12 pictures can't be read, its end is missing .*: img_align_celeba\/000001.jpg$/],
    ["a web page for a picture", webPage(FIRST), /^1 of 12 pictures can't be read, an HTML page under its name/],
    [
      "empty pictures",
      all(empty(FIRST), empty("img_align_celeba/000002.jpg")),
      /^2 of 12 pictures can't be read, an empty file: .*000001.jpg, .*000002.jpg$/,
    ],
  ],
  "transient-attributes": [
    ["no annotations", gone("annotations.tsv"), new RegExp(`annotations.tsv .*got none .*${PUBLISHED}`)],
    ["a web page for them", webPage("annotations.tsv"), /got an HTML page/],
    ["empty", empty("annotations.tsv"), /got an empty file/],
    ["cut off", half("annotations.tsv"), /40 cells .*in line 7|score and a confidence .*line [67]/],
    [
      "a score beyond 1",
      replace("annotations.tsv", /0\.\d{6},/, "3.5,"),
      /a score and a confidence in \[0, 1\].*line 1 .*got "3.5,/,
    ],
    ["spaces for tabs", replace("annotations.tsv", /\t/g, " "), /parted by tabs, in line 1 .*got 0 cells/],
    ["no confidence", replace("annotations.tsv", /,\d(\.\d+)?\t/, "\t"), /a score and a confidence/],
    ["no splits", gone("holdout_split"), /holdout_split\/training.txt .*got none/],
    ["a split cut off", lines("holdout_split/training.txt", 3), /in one of .*training.txt and test.txt, got neither names it/],
    ["pictures in another folder", renamed("imageAlignedLD", "imageLD"), /the folder imageAlignedLD .*got none/],
    ["a picture missing", gone("imageAlignedLD/00000064/0.jpg"), /^1 of 12 pictures are missing/],
    ["a picture cut off", half("imageAlignedLD/00000064/4.jpg"), /^1 of 12 pictures can't be read, its end is missing/],
  ],
  places365: [
    ["no categories", gone("categories_places365.txt"), new RegExp(`categories_places365.txt .*got none.*${PUBLISHED}`)],
    ["a web page for them", webPage("categories_places365.txt"), /got an HTML page/],
    ["a category missing", replace("categories_places365.txt", "/a/alcove 1\n", ""), /expected category 1 in line 2 .*got 2/],
    [
      "categories without numbers",
      replace("categories_places365.txt", "/a/airfield 0", "/a/airfield"),
      /a category and a number.*line 1/,
    ],
    ["no indoors", gone("IO_places365.txt"), /IO_places365.txt/],
    ["indoors cut off", lines("IO_places365.txt", 100), /1 \(indoor\) or 2 \(outdoor\) in .*got no line of it/],
    ["no hierarchy", gone("Scene hierarchy - Places365.csv"), /Scene hierarchy - Places365.csv/],
    ["a hierarchy cut off", lines("Scene hierarchy - Places365.csv", 50), /a row for .*got none; is the file cut off/],
    [
      "other headings",
      replace("Scene hierarchy - Places365.csv", '"outdoor, natural"', "natural"),
      /a column "outdoor, natural"/,
    ],
    ["no pictures", gone("data_256_standard"), /expected pictures of 3 categories.*got none; they lie in/],
    ["a picture cut off", half("data_256_standard/b/beach/00000001.jpg"), /^1 of 6 pictures can't be read, its end is missing/],
    [
      "a web page for a picture",
      webPage("data_256_standard/b/beach/00000002.jpg"),
      /^1 of 6 pictures can't be read, an HTML page/,
    ],
  ],
  cub: [
    ["no list of pictures", gone(bird("images.txt")), new RegExp(`CUB_200_2011/images.txt .*got none.*${PUBLISHED}`)],
    [
      "no names of attributes",
      gone("attributes.txt"),
      /attributes.txt .*got none \(nor CUB_200_2011\/attributes\/attributes.txt/,
    ],
    ["a web page for them", webPage("attributes.txt"), /got an HTML page/],
    ["labels cut off in a line", half(LABELS), /at the beginning of line|expected 2808 lines/],
    ["labels cut off between lines", lines(LABELS, 2000), /expected 2808 lines in .*got 2000; is the file cut off/],
    ["an attribute beyond the list", replace(LABELS, "\n1 2 ", "\n1 999 "), /attribute \(1–312\).*line 2 .*got 1 999/],
    ["words among the labels", replace(LABELS, "\n1 3 ", "\n1 x "), /4 integers at the beginning of line 3 .*"x"/],
    [
      "a picture without a split",
      lines(bird("train_test_split.txt"), 8),
      /a line for picture 9 in .*got none; is the file cut off/,
    ],
    ["numbers out of order", replace(bird("images.txt"), "\n2 ", "\n7 "), /expected "2" and a path in line 2/],
    ["no pictures", gone(bird("images")), /the folder CUB_200_2011\/images .*got none/],
    ["a picture missing", gone(BIRD), /^1 of 9 pictures are missing/],
    ["a picture cut off", half(BIRD), /^1 of 9 pictures can't be read, its end is missing/],
  ],
  isaac3d: [
    ["no folder", renamed("Isaac3D_down128", "isaac"), new RegExp(`Isaac3D_down128/labels.npy .*got none.*${PUBLISHED}`)],
    ["no labels", gone(isaac("labels.npy")), /labels.npy .*got none/],
    ["a web page for them", webPage(isaac("labels.npy")), /a NumPy file at .*got an HTML page/],
    ["labels cut off", half(isaac("labels.npy")), /could not read .*labels.npy: readNpy: .*expected 576 bytes of elements, got/],
    [
      "labels of nine factors in eight columns",
      replace(isaac("labels.npy"), "(8, 9)", "(9, 8)"),
      /floats \[737280, 9\] .*\[9, 8\]/,
    ],
    ["labels beyond 1", (path) => patch(join(path, isaac("labels.npy")), 128, 2), /labels in \[0, 1\] .*got 2 in row 0/],
    [
      "labels in another order",
      (path) => patch(join(path, isaac("labels.npy")), 128 + 72 + 64, 1),
      /^.*labels.npy: expected the classes 0 0 0 0 0 0 0 0 1 in row 1, got 0 0 0 0 0 0 0 0 3/,
    ],
    ["no pictures", gone(isaac("images")), /the folder Isaac3D_down128\/images .*got none/],
    ["a picture missing", gone(isaac("images/000003.png")), /^1 of 8 pictures are missing: Isaac3D_down128\/images\/000003.png$/],
    ["a picture cut off", half(isaac("images/000000.png")), /^1 of 8 pictures can't be read, its end is missing/],
    ["an empty picture", empty(isaac("images/000001.png")), /^1 of 8 pictures can't be read, an empty file/],
  ],
  csv: [
    ["no table", gone("labels.csv"), /the file labels.csv .*got none$/],
    ["a web page for it", webPage("labels.csv"), /got an HTML page/],
    ["an empty table", empty("labels.csv"), /got an empty file/],
    ["headings alone", lines("labels.csv", 1), /a line for each picture .*got the headings alone/],
    ["no column of files", replace("labels.csv", "file,", "name,"), /a column "file" .*got the columns name, shape, size, split/],
    ["no attribute", put("labels.csv", "file\npictures/0.png\n"), /a column for each attribute/],
    ["a column twice", replace("labels.csv", "shape,size", "size,size"), /two columns "size"/],
    ["a cell missing", replace("labels.csv", "pictures/1.png,cube,", "pictures/1.png,"), /4 cells in line 3 .*got 3/],
    ["an open quote", append("labels.csv", '"pictures/0.png,cube,2,train\n'), /a table with commas .*got what can't be read/],
    ["a path missing", append("labels.csv", ",cube,2,train\n"), /a picture's path in line 14/],
    ["nothing but empty cells", put("labels.csv", "file,a\npictures/0.png,\n"), /classes in column "a" .*got empty cells alone/],
    ["a picture missing", gone("pictures/5.png"), /^1 of 12 pictures are missing: pictures\/5.png$/],
    ["a text for a picture", put("pictures/5.png", "not a picture"), /^1 of 12 pictures can't be read, /],
  ],
};

/** A double in a file. */
function patch(file: string, at: number, value: number): void {
  const bytes = readFileSync(file);
  bytes.writeDoubleLE(value, at);
  writeFileSync(file, bytes);
}

const originals = new Map<string, string>();

/** A copy of a small data set, whole. */
async function copyOf(name: Exclude<DatasetName, "mpi3d">): Promise<string> {
  const small = name === "isaac3d" ? (folder: string) => writeIsaac3d(folder, { rows: 8 }) : MADE_UP[name];
  if (!originals.has(name)) originals.set(name, await small(emptyFolder()));
  const copy = emptyFolder();
  cpSync(originals.get(name)!, copy, { recursive: true });
  return copy;
}

const names = DATASETS.filter((name): name is Exclude<DatasetName, "mpi3d"> => name !== "mpi3d");

describe.each(names)("checkDataset of %s", (name) => {
  it("ten damaged forms and more end in one clear message each, and nothing is written", async () => {
    expect(DAMAGES[name].length).toBeGreaterThanOrEqual(10);
    const cacheFolder = emptyFolder();
    for (const [what, damage, says] of DAMAGES[name]) {
      const path = await copyOf(name);
      damage(path);
      const before = readdirSync(path, { recursive: true });
      const { problems, checksums } = await checkDataset(name, path, { partial: true, cacheFolder });
      expect(
        problems.map(({ message }) => message),
        what,
      ).toHaveLength(1);
      expect(problems[0]!.message, what).toMatch(says);
      expect([checksums, readdirSync(cacheFolder), readdirSync(path, { recursive: true })], what).toEqual(["none", [], before]);
    }
  });

  it("a whole one: checksums are remembered at first, compared later; what changed is named", async () => {
    const [path, cacheFolder] = [await copyOf(name), emptyFolder()];
    const first = await checkDataset(name, path, { partial: true, cacheFolder });
    expect([first.problems, first.checksums, existsSync(first.checksumsFile!)]).toEqual([[], "written", true]);
    const kept = readFileSync(first.checksumsFile!, "utf8");
    expect(await checkDataset(name, path, { partial: true, cacheFolder })).toMatchObject({ problems: [], checksums: "compared" });
    const picture = readdirSync(path, { recursive: true })
      .map(String)
      .find((file) => /\.(png|jpg)$/.test(file))!;
    const { width, height } = await sharp(join(path, picture)).metadata();
    await sharp({ create: { width, height, channels: 3, background: "lime" } }).toFile(join(path, picture));
    const names = kept.split("\n").map((line) => line.split(" ").slice(2).join(" "));
    // Of Places365 some categories are not among those chosen.
    const changed = names.includes(picture)
      ? [expect.stringContaining(`files are not what they were at the first check: ${picture}; was this meant?`)]
      : [];
    const later = await checkDataset(name, path, { partial: true, cacheFolder });
    expect(later.problems.map(({ message }) => message)).toEqual(changed);
    expect(readFileSync(first.checksumsFile!, "utf8")).toBe(kept);
  });

  it("counts as published, unless a part is meant", async () => {
    const { problems } = await checkDataset(name, await copyOf(name), { quick: true });
    const expected = describeDataset(name).images?.toLocaleString("en-US");
    const counts = { places365: [], csv: [] }[name as string] ?? [
      expect.stringContaining(`expected ${expected} pictures, as published, got `),
    ];
    expect(problems.map(({ message }) => message)).toEqual(counts);
  });
});

describe("checkDataset of MPI3D", () => {
  const damages: readonly [what: string, make: (folder: string) => string, says: RegExp][] = [
    ["nothing there", (folder) => join(folder, "mpi3d.npz"), new RegExp(`the file .*got nothing there; ${PUBLISHED}`)],
    ["an empty folder", (folder) => folder, /one .npz file in .*got none/],
    ["an empty file", (folder) => put("m.npz", "")(folder) ?? join(folder, "m.npz"), /got an empty file/],
    ["a web page", (folder) => webPage("m.npz")(folder) ?? join(folder, "m.npz"), /an npz archive at .*got an HTML page/],
    ["zeros", (folder) => put("m.npz", "\0".repeat(4096))(folder) ?? join(folder, "m.npz"), /begins with zeros only/],
    [
      "another archive",
      (folder) => put("m.npz", "\x1f\x8b a tarball")(folder) ?? join(folder, "m.npz"),
      /expected the end of a zip archive: the file is cut off or no zip/,
    ],
    ["cut off", (folder) => cut(writeMpi3d(folder)), /could not read .*the file is cut off or no zip file/],
    ["another array", (folder) => writeMpi3d(folder, { name: "labels" }), /an array "images" in .*got only labels/],
    ["numbers of another type", (folder) => writeMpi3d(folder, { type: "<f4" }), /bytes \(uint8\) .*got float32/],
    ["column by column", (folder) => writeMpi3d(folder, { fortran: true }), /row by row \(C order\)/],
    [
      "too few pictures",
      (folder) => writeMpi3d(folder, { shape: [1_000_000, 64, 64, 3] }),
      /1,036,800 pictures in .*got 1,000,000/,
    ],
    [
      "other sides",
      (folder) => writeMpi3d(folder, { shape: [1_036_800, 32, 32, 3] }),
      /pictures \[64, 64, 3\] .*\[1036800, 32, 32, 3\]/,
    ],
    [
      "two releases with as many",
      (folder) => writeMpi3d(folder, { variant: "complex" }),
      /say which: variant complex or older-toy/,
    ],
  ];

  it.each(damages)("%s: one clear message", async (_, make, says) => {
    const { problems } = await checkDataset("mpi3d", make(emptyFolder()), { quick: true });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(says)]);
  });

  it("a whole one has no problem", async () => {
    const found = await checkDataset("mpi3d", writeMpi3d(emptyFolder()), { quick: true });
    expect(found).toMatchObject({
      problems: [],
      pictures: 1_036_800,
      splits: { train: 933_120, validation: 51_840, test: 51_840 },
    });
  });
});

function cut(file: string): string {
  truncateSync(file, 5_000_000_000);
  return file;
}

it("wrong arguments are typed errors", async () => {
  await expect(checkDataset("celebs" as "celeba", "x")).rejects.toThrow("checkDataset: expected the data set to be one of");
  await expect(checkDataset("celeba", "")).rejects.toThrow("checkDataset: expected the path of CelebA");
  await expect(checkDataset("celeba", "x", { quik: true } as object)).rejects.toThrow('did you mean "quick"?');
  await expect(checkDataset("cub", "x", { dataset: { minCertainty: 7 } })).rejects.toThrow(
    "expected minCertainty to be an integer ≥ 1 and ≤ 4",
  );
});
