import type { Budget } from "../budget.js";
import { type DType, dtypes, elementCount, memorySize, type TensorData, type TypedArray } from "../dtypes.js";
import { isContiguous, stridedElements } from "../elements.js";
import { CheckpointError, describe } from "../errors.js";
import type { PickleMachine } from "../pickle/machine.js";
import { SIZES, tensorSize } from "../pickle/sizes.js";

/** Reads the elements of a storage that lies in the file. */
export type ReadStorage = (dtype: DType, count: number) => Promise<TypedArray>;

const NOT_YET_READ: TypedArray = new Uint8Array(0);

/**
 * A block of memory that tensors are views of. While the pickle runs it is a promise of data only; as a value of the file (a bare storage
 * can be saved too) it is a one-dimensional tensor.
 */
export class Storage implements TensorData {
  dtype: DType;
  shape: readonly number[];
  data: TypedArray = NOT_YET_READ;
  /** Untyped storages count bytes until a tensor says what they hold. */
  untyped: boolean;
  readonly read: ReadStorage;

  constructor(dtype: DType, count: number, untyped: boolean, read: ReadStorage) {
    this.dtype = dtype;
    this.shape = [count];
    this.untyped = untyped;
    this.read = read;
  }

  get length(): number {
    return this.shape[0]!;
  }

  /** Settles what an untyped storage holds. */
  interpretAs(dtype: DType, machine: PickleMachine): void {
    if (!this.untyped && this.dtype !== dtype)
      machine.fail(`expected tensors of one type on a storage, got ${this.dtype} and ${dtype}.`);
    if (!this.untyped) return;
    this.shape = [Math.floor(this.length / dtypes[dtype].itemSize)];
    this.dtype = dtype;
    this.untyped = false;
  }
}

interface PendingTensor {
  readonly target: { -readonly [K in keyof TensorData]: TensorData[K] };
  readonly storage: Storage;
  readonly start: number;
  readonly strides: readonly number[];
  readonly count: number;
}

/** The storages and tensors that a pickle describes, filled after it has run. */
export class TensorCollector {
  readonly #storages = new Set<Storage>();
  readonly #pending: PendingTensor[] = [];

  addStorage(machine: PickleMachine, storage: Storage): Storage {
    machine.charge(SIZES.storage, "a storage");
    this.#storages.add(storage);
    return storage;
  }

  /** A view of a storage, checked to lie inside it. */
  addTensor(machine: PickleMachine, storage: unknown, offset: unknown, size: unknown, stride: unknown): TensorData {
    if (!(storage instanceof Storage)) return machine.fail(`expected a tensor's storage, got ${describe(storage)}.`);
    if (!Array.isArray(size) || !Array.isArray(stride) || size.length !== stride.length) {
      return machine.fail("expected a tensor's size and strides, two lists of the same length.");
    }
    const count = elementCount(size, machine.offset);
    machine.charge(tensorSize(size.length), "a tensor");
    const shape: number[] = [...size];
    const strides: number[] = [...stride];
    if (!isCount(offset) || !strides.every(isCount))
      return machine.fail("expected a tensor's offset and strides to be non-negative integers.");
    const last = shape.reduce((sum, length, axis) => sum + Math.max(length - 1, 0) * strides[axis]!, offset);
    if (count > 0 && !(last < storage.length)) {
      machine.fail(`the tensor [${shape.join(", ")}] reaches element ${last} of a storage of ${storage.length}.`);
    }
    if (!isContiguous(shape, strides, count)) {
      machine.budget.charge(memorySize(storage.dtype, count), `the strided tensor [${shape.join(", ")}]`, machine.offset);
    }
    const target = { dtype: storage.dtype, shape, data: storage.data };
    this.#pending.push({ target, storage, start: offset, strides, count });
    return target;
  }

  /** Forgets everything, before a pickle is run again over more of the file. */
  clear(): void {
    this.#storages.clear();
    this.#pending.length = 0;
  }

  /** Reads every storage and fills the tensors. */
  async fill(budget: Budget): Promise<void> {
    for (const storage of this.#storages) {
      budget.charge(memorySize(storage.dtype, storage.length), `a storage of ${storage.length} × ${storage.dtype}`);
      storage.data = await storage.read(storage.dtype, storage.length);
    }
    for (const { target, storage, start, strides, count } of this.#pending) {
      target.data = stridedElements(storage.data, start, target.shape, strides, count);
    }
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Element types by the name of PyTorch's storage class. */
const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

/** The element type of a storage class such as `torch.FloatStorage`; undefined for the untyped one. */
export function storageType(name: string, offset: number): DType | undefined {
  const short = name.replace(/^torch\.(cuda\.|storage\.)?/, "");
  if (short === "UntypedStorage") return undefined;
  const dtype = STORAGE_TYPES[short];
  if (!dtype)
    throw new CheckpointError(`tensors of ${name} are not supported; known: ${Object.keys(STORAGE_TYPES).join(", ")}.`, offset);
  return dtype;
}
