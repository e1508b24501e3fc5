import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatasetsError } from "../errors.js";
import { type DatasetDescription, refuse } from "./about.js";
import { headOf, isWebPage, oddContents } from "./what-is-it.js";

const ARCHIVES = [".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.bz2"];

/** The folder of a data set: finds what must lie in it, and says what is wrong with what is not as it should be. */
export class DatasetFolder {
  private constructor(
    private readonly about: DatasetDescription,
    readonly path: string,
  ) {}

  static async open(about: DatasetDescription, path: string): Promise<DatasetFolder> {
    const found = await kindOf(path);
    if (found === "folder") return new DatasetFolder(about, path);
    if (found === "nothing") refuse(about, `the folder ${path}`, "nothing there");
    const isPage = isWebPage(await headOf(path));
    const next = isPage ? "download it again" : "unpack it, and name the folder that it was unpacked to";
    refuse(about, `a folder at ${path}`, isPage ? "an HTML page, a failed download" : "a file", next);
  }

  /** The first of several places where something may lie. */
  async find(what: "file" | "folder", ...candidates: readonly string[]): Promise<string> {
    for (const candidate of candidates) {
      const path = join(this.path, candidate);
      const found = await kindOf(path);
      if (found === what) return path;
      if (found !== "nothing") refuse(this.about, `${candidate} to be a ${what}`, `a ${found}`);
    }
    return this.missing(what, candidates);
  }

  /** Whether one of several places is there. */
  async has(...candidates: readonly string[]): Promise<boolean> {
    for (const candidate of candidates) if ((await kindOf(join(this.path, candidate))) !== "nothing") return true;
    return false;
  }

  /** A text file's lines, without empty ones at its end. */
  async lines(file: string): Promise<string[]> {
    const lines = (await this.text(file)).split(/\r?\n/);
    while (lines.length > 0 && lines.at(-1)!.trim() === "") lines.pop();
    return lines;
  }

  async text(file: string): Promise<string> {
    await this.checkText(file);
    const bytes = await readFile(file);
    const text = bytes.toString("utf8");
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /**
   * Integers at the beginning of each line, `columns` of them; what else stands in a line is not looked at. For files of millions of lines.
   */
  async eachIntegers(file: string, columns: number, row: (values: Int32Array, line: number) => void): Promise<void> {
    await this.checkText(file);
    const parser = new IntegerLines(columns, row, (line, got) =>
      refuse(this.about, `${columns} integers at the beginning of line ${line} of ${file}`, got),
    );
    for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) parser.push(piece as Uint8Array);
    parser.end();
  }

  private async checkText(file: string): Promise<void> {
    const odd = oddContents(await headOf(file));
    if (odd !== undefined) refuse(this.about, `the text file ${file}`, odd);
  }

  private async missing(what: string, candidates: readonly string[]): Promise<never> {
    const expected = `the ${what} ${candidates[0]} in ${this.path}`;
    const names = await readdir(this.path);
    const stem = candidates[0]!.split("/").at(-1)!;
    const archive = names.find((name) => ARCHIVES.some((ending) => name.toLowerCase() === `${stem}${ending}`.toLowerCase()));
    if (archive === undefined) {
      const others = candidates.length > 1 ? ` (nor ${candidates.slice(1).join(", ")})` : "";
      return refuse(this.about, expected, `none${others}`);
    }
    const odd = oddContents(await headOf(join(this.path, archive)));
    if (odd !== undefined) refuse(this.about, expected, `${archive}, which is ${odd}`);
    return refuse(this.about, expected, `none, but ${archive}`, "unpack that");
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
    throw new DatasetsError(`openDataset: could not look at ${path}: ${message}.`, { cause });
  }
}

const [LINE_FEED, RETURN, MINUS, ZERO, NINE, TAB, SPACE] = [10, 13, 45, 48, 57, 9, 32];

/** Takes integers from lines of bytes that come in pieces. */
class IntegerLines {
  private readonly values: Int32Array;
  private found = 0;
  private line = 1;
  private digits = 0;
  private value = 0;
  private sign = 1;
  private isEmpty = true;

  constructor(
    private readonly columns: number,
    private readonly row: (values: Int32Array, line: number) => void,
    private readonly fail: (line: number, got: string) => never,
  ) {
    this.values = new Int32Array(columns);
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === LINE_FEED) this.endLine();
      else if (byte === RETURN) continue;
      else this.take(byte);
    }
  }

  end(): void {
    if (!this.isEmpty) this.endLine();
  }

  private take(byte: number): void {
    this.isEmpty = false;
    // What stands behind is of no interest: some lines have more than they should.
    if (this.found === this.columns) return;
    if (byte >= ZERO && byte <= NINE) {
      this.value = 10 * this.value + byte - ZERO;
      this.digits++;
    } else if (byte === SPACE || byte === TAB) this.endNumber();
    else if (byte === MINUS && this.digits === 0) this.sign = -1;
    else this.fail(this.line, `the character ${JSON.stringify(String.fromCharCode(byte))}`);
  }

  private endNumber(): void {
    if (this.digits > 0) this.values[this.found++] = this.sign * this.value;
    this.digits = 0;
    this.value = 0;
    this.sign = 1;
  }

  private endLine(): void {
    if (this.found < this.columns) this.endNumber();
    if (this.found < this.columns && !this.isEmpty) this.fail(this.line, `${this.found}`);
    if (!this.isEmpty) this.row(this.values, this.line);
    this.found = 0;
    this.isEmpty = true;
    this.line++;
  }
}
