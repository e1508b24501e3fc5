/** The common shape of shapes under NumPy's broadcasting; undefined when they don't fit. */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = shapes.reduce((most, dims) => Math.max(most, dims.length), 0);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let size = 1;
    for (const dims of shapes) {
      const dim = dims[axis - rank + dims.length] ?? 1;
      if (dim === 1 || dim === size) continue;
      if (size !== 1) return undefined;
      size = dim;
    }
    result.push(size);
  }
  return result;
}

/** Row-major strides. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * dims[i + 1]!;
  return strides;
}

/** For every element of a tensor of shape `dims`, in order, the sum of index × step over the axes: where it comes from in another tensor. */
export function offsets(dims: readonly number[], steps: readonly number[], start = 0): number[] {
  let list = [start];
  dims.forEach((dim, axis) => {
    list = list.flatMap((offset) => Array.from({ length: dim }, (_, i) => offset + i * steps[axis]!));
  });
  return list;
}

/** For every element of the shape `to`, in order, the element of a tensor of shape `from` that broadcasting puts there. */
export function broadcastOffsets(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return offsets(
    to,
    to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!)),
  );
}
