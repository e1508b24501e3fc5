import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspectFile } from "@latentflow/engine";
import { isRecord } from "../checks.js";
import { asError, ConfigError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { RELEASED_DATASETS, type ReleasedName } from "./datasets.js";

/** What is there of the paper's released files; paths from the given folder on. */
export interface ReleasedFiles {
  readonly generator: string;
  readonly regressor: string;
  /** The generator's sizes, which follow from its weights, too; null: not there. */
  readonly sizes: { readonly file: string; readonly values: Readonly<Record<string, unknown>> } | null;
  /** A folder a depth, −1 of trained constants; with the numbers of the attributes that it has a file for. */
  readonly flows: readonly { readonly depth: number; readonly pattern: string; readonly indices: readonly number[] }[];
  /** Codes with labels; null: not there. */
  readonly codes: { readonly file: string; readonly count: number } | null;
  /** W+ codes of photographs. */
  readonly inverses: readonly string[];
}

const GENERATORS = ["generator.pth", "generator.pt", "generator.pkl", "generator.safetensors"];
const REGRESSORS = ["regressor.pth", "regressor.pt", "regressor.safetensors"];

/**
 * Looks for the released files of the paper's code in the layout of its folders: `models/DS/generator.pth` and `regressor.pth`, `configs/DS.json`, `log/DS/DEPTH/ckpt_{i}.pt`,
 * `data_to_rectify/DS_all.pt`, `inverses/*.pt`.
 *
 * @throws ConfigError without a generator and a regressor, and for files that are not what they are called
 */
export async function findReleased(path: string, dataset: ReleasedName): Promise<ReleasedFiles> {
  const look = new Layout(path, RELEASED_DATASETS[dataset].folders);
  const generator = await look.network("generator", GENERATORS);
  const regressor = await look.network("regressor", REGRESSORS);
  return {
    ...{ generator, regressor },
    sizes: await look.sizes(),
    flows: await look.flows(),
    codes: await look.codes(),
    inverses: await look.inverses(),
  };
}

class Layout {
  constructor(
    private readonly path: string,
    private readonly names: readonly string[],
  ) {}

  async network(what: string, files: readonly string[]): Promise<string> {
    const [name] = this.names;
    const found = await this.first(this.names.flatMap((one) => files.map((file) => join("models", one, file))));
    if (found !== null) return found;
    const there = await this.entries("models");
    const beside = there.length === 0 ? `${this.path} has no folder models` : `its models are ${there.join(", ")}`;
    throw new ConfigError(
      `--released: expected a ${what} in ${join(this.path, "models", name!, files[0]!)}, got none; ${beside}. Give the folder of the paper's code, with its downloads in it.`,
    );
  }

  async sizes(): Promise<ReleasedFiles["sizes"]> {
    const file = await this.first(this.names.map((name) => join("configs", `${name}.json`)));
    if (file === null) return null;
    try {
      const values: unknown = JSON.parse(await readFile(join(this.path, file), "utf8"));
      if (isRecord(values)) return { file, values };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw this.unreadable(file, explainFailure(cause), cause);
    }
    throw this.unreadable(file, "it is no JSON object");
  }

  async flows(): Promise<ReleasedFiles["flows"]> {
    const folders = await Promise.all(
      this.names.map(async (name) => (await this.entries(join("log", name))).map((depth) => [name, depth] as const)),
    );
    const depths = folders.flat().filter(([, depth]) => /^-?\d+$/.test(depth));
    const found = await Promise.all(
      depths.map(async ([name, depth]) => {
        const files = await this.entries(join("log", name, depth));
        const indices = files.flatMap((file) => /^ckpt_(\d+)\.pt$/.exec(file)?.[1] ?? []).map(Number);
        return {
          depth: Number(depth),
          pattern: join("log", name, depth, "ckpt_{index}.pt"),
          indices: indices.sort((a, b) => a - b),
        };
      }),
    );
    return found.filter(({ indices }) => indices.length > 0).sort((a, b) => a.depth - b.depth);
  }

  async codes(): Promise<ReleasedFiles["codes"]> {
    const file = await this.first(this.names.map((name) => join("data_to_rectify", `${name}_all.pt`)));
    if (file === null) return null;
    const contents = await inspectFile(join(this.path, file)).catch((cause: unknown) => {
      throw this.unreadable(file, asError(cause).message, cause);
    });
    const tensors = contents.groups.flatMap((group) => group.tensors);
    const count = tensors.find(({ name }) => name === "ws")?.shape[0];
    if (count === undefined)
      throw this.unreadable(file, `it has no ws, but ${tensors.map(({ name }) => name).join(", ") || "nothing"}`);
    return { file, count };
  }

  async inverses(): Promise<readonly string[]> {
    return (await this.entries("inverses")).filter((name) => name.endsWith(".pt")).map((name) => join("inverses", name));
  }

  private async first(files: readonly string[]): Promise<string | null> {
    for (const file of files) {
      const folder = await this.entries(join(file, ".."));
      if (folder.includes(file.slice(join(file, "..").length + 1))) return file;
    }
    return null;
  }

  /** Names in a folder, in order; none where there is no such folder. */
  private async entries(folder: string): Promise<string[]> {
    return (await readdir(join(this.path, folder)).catch(() => [])).sort();
  }

  private unreadable(file: string, why: string, cause?: unknown): ConfigError {
    return new ConfigError(`--released: could not read ${join(this.path, file)}: ${why}.`, { cause });
  }
}
