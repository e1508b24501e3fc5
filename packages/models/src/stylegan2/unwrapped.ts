import type { TensorData } from "@latentflow/checkpoints";

/** Keys of training files under which the averaged generator lies, in the order they are looked for. */
export const AVERAGE_KEYS = ["g_ema", "G_ema", "generator_ema", "params_ema", "ema", "state_dict"];

/** The mapping's first layer tells where a generator's names begin. */
const FIRST = "style.1.weight";

/**
 * A generator's tensors without what wrappers put before their names ("module.", "generator.", …), and without the other networks beside it. Of several
 * generators the averaged one, whose wrapper has "ema" in its name, is taken.
 */
export function unwrapped(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
  const firsts = [...tensors.keys()].filter((name) => name === FIRST || name.endsWith(`.${FIRST}`));
  const prefixes = firsts.map((name) => name.slice(0, -FIRST.length));
  const prefix = prefixes.find((text) => /ema/i.test(text)) ?? prefixes[0] ?? "";
  if (prefix === "") return new Map(tensors);
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
