import { type DType, dtypes, type TensorData } from "../dtypes.js";
import { describe } from "../errors.js";
import { callables, firstOf, names } from "../pickle/common-globals.js";
import { Callable, type FindGlobal, type PickleMachine } from "../pickle/machine.js";
import { PickledGlobal } from "../pickle/values.js";
import type { TensorCollector } from "./storages.js";

/** What PyTorch's tensors and state dicts are pickled as. */
export function torchGlobals(tensors: TensorCollector): FindGlobal {
  const rebuild = ([storage, offset, size, stride]: unknown[], machine: PickleMachine) =>
    tensors.addTensor(machine, storage, offset, size, stride);

  return firstOf(
    callables({
      "torch._utils._rebuild_tensor": rebuild,
      // Version 2: (storage, offset, size, stride, requires_grad, hooks, metadata).
      "torch._utils._rebuild_tensor_v2": (args, machine) => {
        refuseNegated(args[6], machine);
        return rebuild(args, machine);
      },
      // Version 3: (storage, offset, size, stride, requires_grad, hooks, dtype, metadata) over an untyped storage.
      "torch._utils._rebuild_tensor_v3": (args, machine) => {
        refuseNegated(args[7], machine);
        const storage = args[0];
        if (isInterpretable(storage)) storage.interpretAs(torchDType(args[6], machine), machine);
        return rebuild(args, machine);
      },
      "torch._utils._rebuild_parameter": firstTensor,
      "torch._utils._rebuild_parameter_with_state": firstTensor,
      // A tensor with attributes: (function, type, its arguments, state).
      "torch._tensor._rebuild_from_type_v2": ([rebuilder, , args], machine) => {
        if (!(rebuilder instanceof Callable) || !rebuilder.name.startsWith("torch._utils._rebuild_") || !Array.isArray(args)) {
          return machine.fail("expected a tensor's own rebuild function and its arguments.");
        }
        return rebuilder.call(args, machine);
      },
      "torch.Size": ([sizes], machine) =>
        Array.isArray(sizes) ? sizes : machine.fail(`expected a shape, got ${describe(sizes)}.`),
      "torch.device": ([type]) => type,
    }),
    names("torch.Tensor", "torch.nn.parameter.Parameter", "torch.strided"),
    storageNames,
    dtypeNames,
  );
}

/** Every storage class may be named; which of them can be read is told when one is used. */
const storageNames: FindGlobal = (name) =>
  /^torch\.(cuda\.|storage\.)?\w*Storage$/.test(name) && name !== "torch.storage.TypedStorage"
    ? new PickledGlobal(name)
    : undefined;

const dtypeNames: FindGlobal = (name) =>
  /^torch\.(float|bfloat|int|uint|bool|half|double|long|short|complex)\w*$/.test(name) ? new PickledGlobal(name) : undefined;

function torchDType(value: unknown, machine: PickleMachine): DType {
  const name = value instanceof PickledGlobal ? value.name.replace(/^torch\./, "") : "";
  if (name in dtypes) return name as DType;
  return machine.fail(
    `expected a tensor's dtype to be one of ${Object.keys(dtypes).join(", ")}, got ${name || describe(value)}.`,
  );
}

/** Views such as `z.conj().imag` are saved as they lie in memory, with a mark that each element is to be negated. */
function refuseNegated(metadata: unknown, machine: PickleMachine): void {
  if (metadata instanceof Map && metadata.get("neg") === true)
    machine.fail("a tensor is marked as the negative of what is stored. Save `tensor.resolve_neg()` instead.");
}

interface Interpretable {
  interpretAs(dtype: DType, machine: PickleMachine): void;
}

function isInterpretable(value: unknown): value is Interpretable {
  return typeof value === "object" && value !== null && "interpretAs" in value;
}

/** A parameter is its tensor; requires_grad and hooks say nothing about values. */
function firstTensor([tensor]: unknown[], machine: PickleMachine): TensorData {
  if (typeof tensor === "object" && tensor !== null && "shape" in tensor && "data" in tensor) return tensor as TensorData;
  return machine.fail(`expected a parameter's tensor, got ${describe(tensor)}.`);
}
