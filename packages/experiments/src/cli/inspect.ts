import { EngineError, type FileContents, inspectFile, type TensorGroup } from "@latentflow/engine";
import { Command } from "commander";
import { ConfigError } from "../errors.js";

/** `latentflow inspect` */
export function inspectCommand(): Command {
  return new Command("inspect")
    .summary("what a network's file holds, and what it would be loaded as")
    .description(
      "what a file holds, layer by layer (name, shape, type, count), and what it would be loaded as: .pt, .pth, .pkl, .safetensors, .onnx, .npy. Nothing in it is run.",
    )
    .argument("<file>", "file to look into")
    .option("--json", "all of it as one JSON object, for programs", false)
    .action(async (file: string, { json }: { json: boolean }) => {
      const contents = await inspectFile(file).catch(refuse);
      console.log(json ? JSON.stringify(contents) : linesOf(file, contents).join("\n"));
    });
}

/** The file that the command line names can't be read: another one may be meant. */
function refuse(cause: unknown): never {
  if (!(cause instanceof EngineError)) throw cause;
  throw new ConfigError(cause.message.replace(/^inspectFile:/, "inspect:"), { cause });
}

function linesOf(file: string, { format, groups, others }: FileContents): string[] {
  const tensors = groups.reduce((sum, group) => sum + group.tensors.length, 0);
  const numbers = groups.reduce((sum, group) => sum + countOf(group), 0);
  return [
    `${file}: ${format}, ${counted(tensors, "tensor")}, ${grouped(numbers)} numbers`,
    ...table(others, "  "),
    ...groups.flatMap((group) => ["", ...groupLines(group)]),
  ];
}

function groupLines(group: TensorGroup): string[] {
  const { key, tensors, network } = group;
  const head = `${key === "" ? "the file itself" : `under "${key}"`}: ${counted(tensors.length, "tensor")}, ${grouped(countOf(group))} numbers`;
  return [...(tensors.length > 0 || network ? [head] : []), ...loadedAs(group), ...layerLines(tensors)];
}

function loadedAs({ network }: TensorGroup): string[] {
  if (network === null) return ["  would be loaded as: no network that is known here"];
  const { role, name, facts, problem } = network;
  const lines = [`  would be loaded as: ${role === "direction" ? "" : `${role}, `}${name}`, ...table(facts, "    ")];
  return problem === undefined ? lines : [`  looks like ${name}, but can't be loaded as it is: ${problem}`];
}

function layerLines(tensors: TensorGroup["tensors"]): string[] {
  const rows = tensors.map(({ name, shape, dtype, count }) => [
    name || "(no name)",
    `[${shape.join(", ")}]`,
    dtype,
    grouped(count),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length), 0));
  return rows.map((row) => `  ${row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ")}`);
}

function table(rows: readonly (readonly [string, string])[], indent: string): string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${indent}${label.padEnd(width)}  ${text}`);
}

const countOf = ({ tensors }: TensorGroup) => tensors.reduce((sum, { count }) => sum + count, 0);
const grouped = (count: number) => count.toLocaleString("en-US");
const counted = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
