import { describeValue } from "@latentflow/core";
import { checkTensorData } from "../check-tensor-data.js";
import { dtypes, type TensorData } from "../dtypes.js";
import { encodeElements } from "../elements.js";
import { entriesOf } from "../entries-of.js";
import { CheckpointError, describe } from "../errors.js";
import { isUnicode, METADATA, TYPE_NAMES } from "./type-names.js";

/**
 * A safetensors file. Narrow floats are rounded to nearest even from the Float32Array that holds them. Tensors are written from the widest
 * elements to the narrowest, then by name, as the format's own writer does: so each starts at a multiple of its element's size.
 *
 * @param tensors by name
 * @param metadata free text by key
 * @throws CheckpointError when a tensor's elements do not fit its shape and dtype, metadata is no text, or a text is no Unicode (half a surrogate pair)
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorData> | Readonly<Record<string, TensorData>>,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const list = entriesOf("writeSafetensors", "tensors", tensors);
  const texts = entriesOf("writeSafetensors", "metadata", metadata);
  for (const [name, tensor] of list) {
    if (!isUnicode(name)) refuse(`expected names of Unicode text, got ${describe(name)}.`);
    checkTensorData("writeSafetensors", `tensor ${describe(name)}`, tensor);
  }
  for (const [key, text] of texts) {
    if (typeof text !== "string")
      refuse(`expected metadata ${describe(key)} to be a text, got ${describeValue(text)}: use JSON.stringify.`);
    if (!isUnicode(key) || !isUnicode(text))
      refuse(`expected metadata of Unicode text, got ${describe(key)}: ${describe(text)}.`);
  }
  const header: [string, unknown][] = texts.length ? [[METADATA, Object.fromEntries(texts)]] : [];
  let end = 0;
  list.sort(([a, x], [b, y]) => dtypes[y.dtype].itemSize - dtypes[x.dtype].itemSize || (a < b ? -1 : Number(a > b)));
  const elements = list.map(([name, tensor]) => {
    if (name === METADATA) refuse(`expected another name of a tensor than ${name}.`);
    const bytes = encodeElements("writeSafetensors", `tensor ${describe(name)}`, tensor);
    header.push([name, { dtype: TYPE_NAMES[tensor.dtype], shape: tensor.shape, data_offsets: [end, end + bytes.length] }]);
    end += bytes.length;
    return bytes;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Elements start at a multiple of 8 bytes: readers may map them in place.
  const headerSize = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerSize + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(32, 8, 8 + headerSize);
  file.set(json, 8);
  let at = 8 + headerSize;
  for (const bytes of elements) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function refuse(reason: string): never {
  throw new CheckpointError(reason, undefined, { caller: "writeSafetensors" });
}
