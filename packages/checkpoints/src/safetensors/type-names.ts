import type { DType } from "../dtypes.js";

/** The format's names of element types. */
export const TYPE_NAMES: Readonly<Record<DType, string>> = {
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  float32: "F32",
  float64: "F64",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};

export const TYPE_BY_NAME: ReadonlyMap<string, DType> = new Map(
  (Object.keys(TYPE_NAMES) as DType[]).map((dtype) => [TYPE_NAMES[dtype], dtype]),
);

/** The key of the free texts, which no tensor may have. */
export const METADATA = "__metadata__";

/** Whether a text has no half of a surrogate pair, which UTF-8 can't say. */
export const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text);
