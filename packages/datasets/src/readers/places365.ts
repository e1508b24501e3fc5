import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { DeclaredOptions, OptionValues } from "@latentflow/core";
import { type DatasetDescription, quoted, refuse } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { LabelTable } from "../input/labels.js";
import { splitsBy } from "../input/splits.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { readHierarchy, type SceneKinds } from "./places365-hierarchy.js";
import { reader } from "./reader.js";

const PICTURE = /\.(jpe?g|png|webp)$/i;

const about: DatasetDescription = {
  title: "Places365",
  page: "http://places2.csail.mit.edu/download.html",
  holds: [
    "categories_places365.txt and IO_places365.txt",
    '"Scene hierarchy - Places365.csv" (for the filter of natural scenes)',
    "data_256_standard/a/airfield/….jpg (also data_256/), or places365_standard/train/airfield/….jpg and val/",
  ],
  size: "25 GB at 256 pixels (train and val)",
  regressor: "frozen",
};

const OPTIONS = {
  /** Which scenes: outdoors in nature, outdoors, or all. Default "natural-outdoor", as the paper. */
  scenes: { default: "natural-outdoor", choices: ["natural-outdoor", "outdoor", "all"] },
  /** Whether scenes count as natural that the hierarchy also puts indoors or among the man-made ones. Default true. */
  mixed: { default: true },
} as const satisfies DeclaredOptions;

/** A category: its name, as in "/a/apartment_building/outdoor", and where its pictures may lie. */
interface Category {
  readonly name: string;
  readonly outdoor: boolean;
}

/**
 * Places365 (Zhou et al., 2017): pictures of scenes. Labels: the category among all that are chosen, and whether it is outdoors. Splits: "train", and
 * "validation" where the layout has it.
 */
export const places365 = reader({
  about,
  options: OPTIONS,
  async open(path: string, { scenes, mixed }: OptionValues<typeof OPTIONS>): Promise<Catalogue> {
    const folder = await DatasetFolder.open(about, path);
    const list = await folder.find("file", "categories_places365.txt");
    const places = await folder.find("file", "IO_places365.txt");
    const categories = await readCategories(folder, list, places);
    const hierarchy = scenes === "natural-outdoor" ? await folder.find("file", "Scene hierarchy - Places365.csv") : undefined;
    const kinds = hierarchy === undefined ? undefined : await readHierarchy(about, folder, hierarchy);
    const chosen = categories.filter((category) => isWanted(category, scenes, mixed, kinds, hierarchy));
    if (chosen.length === 0) refuse(about, `categories that are ${scenes} in ${hierarchy ?? places}`, "none");
    const found = await findPictures(folder, chosen);
    if (found.length === 0)
      refuse(
        about,
        `pictures of ${chosen.length} categories, such as ${chosen[0]!.name}, in ${path}`,
        "none",
        `they lie in ${about.holds[2]}`,
      );
    const labels = new LabelTable(found.length, 2);
    for (const [i, { category }] of found.entries()) {
      labels.set(i, 0, category);
      labels.set(i, 1, Number(chosen[category]!.outdoor));
    }
    return {
      attributes: [
        { name: "category", classes: chosen.map(({ name }) => name) },
        { name: "place", classes: ["indoor", "outdoor"] },
      ],
      length: found.length,
      labels: (index, out) => labels.row(index, out),
      id: (index) => relative(path, found[index]!.file).split(sep).join("/"),
      splits: () => splitsBy(found.length, (index) => found[index]!.split),
      pictures: pictureFiles((index) => found[index]!.file),
      counts: () => ({ categories: [categories.length, 365] }),
      files: [list, places, ...(hierarchy === undefined ? [] : [hierarchy])],
    };
  },
});

async function readCategories(folder: DatasetFolder, list: string, places: string): Promise<Category[]> {
  const pairs = async (file: string) => {
    const lines = await folder.lines(file);
    if (lines.length === 0) refuse(about, `lines with a category and a number in ${file}`, "none");
    return lines.map((line, i) => {
      const [, name, number] = /^(\/[a-z]\/\S+)\s+(\d+)$/.exec(line.trim()) ?? [];
      if (name === undefined)
        refuse(about, `a category and a number, such as /a/airfield 0, in line ${i + 1} of ${file}`, quoted(line));
      return [name, Number(number)] as const;
    });
  };
  const names = await pairs(list);
  const wrong = names.findIndex(([, number], i) => number !== i);
  if (wrong >= 0) refuse(about, `category ${wrong} in line ${wrong + 1} of ${list}`, `${names[wrong]![1]}`, "are lines missing?");
  const outdoors = new Map(await pairs(places));
  return names.map(([name]) => {
    const place = outdoors.get(name);
    if (place !== 1 && place !== 2)
      refuse(about, `${name} to be 1 (indoor) or 2 (outdoor) in ${places}`, place === undefined ? "no line of it" : `${place}`);
    return { name, outdoor: place === 2 };
  });
}

function isWanted(
  { name, outdoor }: Category,
  scenes: string,
  mixed: boolean,
  kinds: ReadonlyMap<string, SceneKinds> | undefined,
  hierarchy: string | undefined,
): boolean {
  if (scenes === "all") return true;
  if (scenes === "outdoor") return outdoor;
  const kind = kinds!.get(name) ?? refuse(about, `a row for ${name} in ${hierarchy}`, "none", "is the file cut off?");
  return kind.natural && (mixed || !(kind.indoor || kind.manMade));
}

interface FoundPicture {
  readonly file: string;
  readonly category: number;
  readonly split: "train" | "validation";
}

/** Pictures of categories in either layout, in the order of the categories and of the files' names. */
async function findPictures(folder: DatasetFolder, chosen: readonly Category[]): Promise<FoundPicture[]> {
  const roots = [
    ...["data_256_standard", "data_256", "data_large_standard", "places365_standard/train", "train"].map(
      (name) => [name, "train"] as const,
    ),
    ...["places365_standard/val", "val"].map((name) => [name, "validation"] as const),
  ];
  const found: FoundPicture[] = [];
  for (const [root, split] of roots) {
    if (!(await folder.has(root))) continue;
    const path = await folder.find("folder", root);
    for (const [category, { name }] of chosen.entries()) {
      for (const place of placesOf(name)) {
        const files = await readdir(join(path, place)).catch(() => []);
        const pictures = files.filter((file) => PICTURE.test(file)).sort();
        for (const file of pictures) found.push({ file: join(path, place, file), category, split });
        if (pictures.length > 0) break;
      }
    }
  }
  return found;
}

/** "/a/apartment_building/outdoor": with its initial and nested, or in one folder, in which archives write the slash in several ways. */
function placesOf(name: string): string[] {
  const [, initial, ...parts] = name.split("/");
  return [...new Set([`${initial}/${parts.join("/")}`, parts.join("-"), parts.join("_"), parts.join("/")])];
}
