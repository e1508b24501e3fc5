/**
 * What a pickle's values become. dict, OrderedDict → Map; list, tuple → array; set → Set; str → string; bytes → Uint8Array;
 * int → number, or bigint when it would not be exact; None → null; tensors and NumPy arrays → TensorData; argparse.Namespace and modules →
 * PickledObject; classes, dtypes and functions → PickledGlobal.
 */
export type PickleValue = unknown;

/** An object of a Python class: its name and what it held. Nothing of the class itself is known or run. */
export class PickledObject {
  readonly className: string;
  /** Attributes by name. */
  readonly state = new Map<string, PickleValue>();

  constructor(className: string) {
    this.className = className;
  }
}

/** A Python class, function or constant that the file refers to by name, such as `torch.float32`. It is a name, not code. */
export class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
