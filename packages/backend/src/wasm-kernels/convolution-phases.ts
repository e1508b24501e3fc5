/**
 * How the gradient of a strided convolution with respect to its input splits into ordinary convolutions ("polyphase").
 *
 * Along one axis, output o of a convolution with stride s, kernel size f and padding p before reads inputs s·o + i − p, i < f. Turned round:
 * input y receives from output o through tap i = y + p − s·o. Inputs with the same remainder r = (y + p) mod s use the same taps r, r + s, …,
 * so each remainder is one convolution of the output gradient, stride 1, with the reversed list of those taps. No multiplication is wasted.
 */
export interface Phase {
  /** First tap, and which of every `stride` taps follow. */
  readonly firstTap: number;
  /** Number of taps; 0 when the kernel is shorter than the stride, then these inputs get no gradient. */
  readonly taps: number;
  /** First input that this phase writes; the next ones follow `stride` apart. */
  readonly firstInput: number;
  /** Inputs it writes. */
  readonly count: number;
  /** Zeros before and after the output gradient; negative: rows that take no part. */
  readonly padBefore: number;
  readonly padAfter: number;
}

/** Phases along one axis that write at least one input. */
export function phasesOf(axis: { inputs: number; outputs: number; kernel: number; stride: number; padBefore: number }): Phase[] {
  const { inputs, outputs, kernel, stride, padBefore } = axis;
  const phases: Phase[] = [];
  for (let firstTap = 0; firstTap < stride; firstTap++) {
    const taps = Math.max(0, Math.ceil((kernel - firstTap) / stride));
    // Inputs y = stride·q + firstTap − padBefore for q from `first` to `last`.
    const first = Math.max(0, Math.ceil((padBefore - firstTap) / stride));
    const last = Math.floor((inputs - 1 + padBefore - firstTap) / stride);
    const count = last - first + 1;
    if (count <= 0) continue;
    phases.push({
      firstTap,
      taps,
      firstInput: stride * first + firstTap - padBefore,
      count,
      padBefore: taps - 1 - first,
      padAfter: count + first - outputs,
    });
  }
  return phases;
}
