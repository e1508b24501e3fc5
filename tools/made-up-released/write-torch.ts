import { zipSync } from "fflate";

/** What a file of `torch.save` is written of here: dicts, texts, whole numbers, tensors, NumPy arrays. */
export type TorchValue = string | number | TorchTensor | NumpyArray | ReadonlyMap<string, TorchValue>;

export interface TorchTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** An array that a file keeps as NumPy's, as `data_to_rectify` does. */
export class NumpyArray {
  constructor(
    readonly shape: readonly number[],
    readonly data: Float32Array | BigInt64Array,
  ) {}
}

/** A file as `torch.save` writes it: a zip of a pickle (protocol 2) and one raw storage a tensor. */
export function writeTorch(value: TorchValue, name = "archive"): Uint8Array {
  const pickle = new Pickle();
  pickle.value(value);
  const storages = pickle.storages.map((data, key) => [`${name}/data/${key}`, bytesOf(data)] as const);
  const text = (content: string) => new TextEncoder().encode(content);
  return zipSync(
    {
      [`${name}/data.pkl`]: pickle.end(),
      [`${name}/byteorder`]: text("little"),
      ...Object.fromEntries(storages),
      [`${name}/version`]: text("3\n"),
    },
    { level: 0, mtime: "1980-01-01T12:00:00" },
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** The operations of Python's pickle protocol 2 that such files need. */
class Pickle {
  readonly storages: (Float32Array | BigInt64Array)[] = [];
  private readonly bytes: number[] = [0x80, 2];

  end(): Uint8Array {
    return Uint8Array.from([...this.bytes, ...ascii(".")]);
  }

  value(value: TorchValue): void {
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.integer(value);
    else if (value instanceof NumpyArray) this.numpy(value);
    else if ("shape" in value) this.tensor(value as TorchTensor);
    else this.dict(value);
  }

  private dict(entries: ReadonlyMap<string, TorchValue>): void {
    this.op("}(");
    for (const [key, value] of entries) {
      this.text(key);
      this.value(value);
    }
    this.op("u");
  }

  private tensor({ shape, data }: TorchTensor): void {
    const key = this.storages.push(data) - 1;
    this.global("torch._utils", "_rebuild_tensor_v2");
    this.op("((");
    this.text("storage");
    this.global("torch", data instanceof Float32Array ? "FloatStorage" : "LongStorage");
    this.text(String(key));
    this.text("cpu");
    this.integer(data.length);
    this.op("tQ");
    this.integer(0);
    this.tuple(shape);
    this.tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    this.op("\x89");
    this.global("collections", "OrderedDict");
    this.op(")RtR");
  }

  private numpy({ shape, data }: NumpyArray): void {
    this.global("numpy.core.multiarray", "_reconstruct");
    this.op("(");
    this.global("numpy", "ndarray");
    this.tuple([0]);
    this.latin1(Uint8Array.of(98));
    this.op("tR(");
    this.integer(1);
    this.tuple(shape);
    this.global("numpy", "dtype");
    this.op("(");
    this.text(data instanceof Float32Array ? "f4" : "i8");
    this.op("\x89\x88tR(");
    this.integer(3);
    this.text("<");
    this.op("NNN");
    this.integer(-1);
    this.integer(-1);
    this.integer(0);
    this.op("tb\x89");
    this.latin1(bytesOf(data));
    this.op("tb");
  }

  /** Bytes, which protocol 2 keeps as text. */
  private latin1(bytes: Uint8Array): void {
    this.global("_codecs", "encode");
    this.op("(");
    this.text(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    this.text("latin1");
    this.op("tR");
  }

  private tuple(values: readonly number[]): void {
    this.op("(");
    for (const value of values) this.integer(value);
    this.op("t");
  }

  private integer(value: number): void {
    this.op("J");
    this.int32(value);
  }

  private text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.op("X");
    this.int32(bytes.length);
    for (const byte of bytes) this.bytes.push(byte);
  }

  private global(module: string, name: string): void {
    this.op(`c${module}\n${name}\n`);
  }

  private int32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.bytes.push((value >> shift) & 255);
  }

  private op(codes: string): void {
    this.bytes.push(...ascii(codes));
  }
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
