import type { GraphBuilder } from "../graph/builder.js";
import { codeOfType, type DataType } from "../graph/data-types.js";

/**
 * The types that rules compute in, and that cotangents have: half-precision values are widened, as runtimes do on processors. It costs nothing there,
 * and keeps gradients from overflowing at 65,504.
 */
export type RealType = "float32" | "float64";

export function realType(type: DataType | undefined): RealType {
  return type === "float64" ? "float64" : "float32";
}

/** Values in other types, each made once. */
export class Casts {
  private readonly made = new Map<string, string>();
  private readonly sources = new Map<string, string>();

  constructor(private readonly graph: GraphBuilder) {}

  /** `value` as `type`: itself when it is of that type. */
  cast(value: string, from: DataType, to: DataType): string {
    if (from === to) return value;
    const key = `${to}|${value}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const made = this.graph.op("Cast", [value], { to: { int: codeOfType(to) } });
    this.made.set(key, made);
    this.sources.set(made, value);
    return made;
  }

  /** What a cast was made of: it has the same shape. */
  source(value: string): string {
    return this.sources.get(value) ?? value;
  }
}
