/**
 * What values take in V8 on 64 bits, in bytes: the object, its place in a table, and the room and the old copies that growing tables leave
 * behind. Measured as the peak of a process (test/amplifiers.slow.test.ts), so rather too much than too little.
 */
export const SIZES = {
  /** A place on the stack when it gets deeper. */
  stackSlot: 32,
  /** An empty list or tuple. */
  list: 64,
  /** The room that a list makes for itself when the first item is appended. */
  firstItems: 160,
  /** An item of a list that grows, and one of a list or tuple that is made as long as it is. */
  item: 20,
  exactItem: 8,
  /** An empty dict or set. */
  dict: 224,
  /** An entry of a dict or a set. */
  entry: 84,
  /** A number that is no small integer; a bigint, its digits apart. */
  number: 16,
  /** A text, its characters apart. */
  text: 32,
  /** A view of bytes of the file. */
  bytes: 128,
  /** An array with memory of its own, its elements apart. */
  array: 384,
  /** An entry of the memo, and one whose number is out of turn. */
  memo: 20,
  memoOutOfTurn: 144,
  /** A name of the file, the first time. */
  global: 512,
  /** A call, whatever the function makes. */
  call: 32,
  /** An object of a class, its attributes apart. */
  object: 288,
  /** A block of memory that tensors are views of. */
  storage: 640,
} as const;

/** Entries that a list, dict, memo or stack may have: V8's tables end not far above. */
export const MOST_ENTRIES = 2 ** 24 - 2;

/** Bytes of a text: it may have two for every character. */
export const textSize = (length: number): number => SIZES.text + 2 * length;

/** Bytes of a tensor beside its elements: its shape and strides are copied. */
export const tensorSize = (dimensions: number): number => 320 + 24 * dimensions;
