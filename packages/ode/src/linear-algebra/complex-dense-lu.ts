/** As `DenseLu` with complex entries, the real and the imaginary parts in arrays of their own. */
export class ComplexDenseLu {
  readonly size: number;
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly #pivots: Int32Array;

  constructor(size: number) {
    this.size = size;
    this.real = new Float64Array(size * size);
    this.imaginary = new Float64Array(size * size);
    this.#pivots = new Int32Array(size);
  }

  /** Factors what was written into the matrix; false where it is singular or not finite. */
  factor(): boolean {
    const { size, real, imaginary } = this;
    for (let k = 0; k < size; k++) {
      let pivot = k;
      let largest = Math.abs(real[k * size + k]!) + Math.abs(imaginary[k * size + k]!);
      for (let i = k + 1; i < size; i++) {
        const candidate = Math.abs(real[i * size + k]!) + Math.abs(imaginary[i * size + k]!);
        if (!(candidate <= largest)) [pivot, largest] = [i, candidate];
      }
      this.#pivots[k] = pivot;
      if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
      const top = k * size;
      if (pivot !== k) {
        swapRows(real, top, pivot * size, size);
        swapRows(imaginary, top, pivot * size, size);
      }
      const scale = real[top + k]! ** 2 + imaginary[top + k]! ** 2;
      const [inverseReal, inverseImaginary] = [real[top + k]! / scale, -imaginary[top + k]! / scale];
      for (let i = k + 1; i < size; i++) {
        const row = i * size;
        const [a, b] = [real[row + k]!, imaginary[row + k]!];
        const c = a * inverseReal - b * inverseImaginary;
        const d = a * inverseImaginary + b * inverseReal;
        real[row + k] = c;
        imaginary[row + k] = d;
        if (c === 0 && d === 0) continue;
        for (let j = k + 1; j < size; j++) {
          const [x, y] = [real[top + j]!, imaginary[top + j]!];
          real[row + j]! -= c * x - d * y;
          imaginary[row + j]! -= c * y + d * x;
        }
      }
    }
    return true;
  }

  /** Puts the parts of x with M x = b into those of b. */
  solve(b: Float64Array, c: Float64Array): void {
    const { size, real, imaginary } = this;
    for (let k = 0; k < size; k++) {
      const pivot = this.#pivots[k]!;
      if (pivot === k) continue;
      [b[k], b[pivot]] = [b[pivot]!, b[k]!];
      [c[k], c[pivot]] = [c[pivot]!, c[k]!];
    }
    for (let i = 1; i < size; i++) {
      const row = i * size;
      let [u, v] = [b[i]!, c[i]!];
      for (let j = 0; j < i; j++) {
        const [x, y] = [real[row + j]!, imaginary[row + j]!];
        u -= x * b[j]! - y * c[j]!;
        v -= x * c[j]! + y * b[j]!;
      }
      b[i] = u;
      c[i] = v;
    }
    for (let i = size - 1; i >= 0; i--) {
      const row = i * size;
      let [u, v] = [b[i]!, c[i]!];
      for (let j = i + 1; j < size; j++) {
        const [x, y] = [real[row + j]!, imaginary[row + j]!];
        u -= x * b[j]! - y * c[j]!;
        v -= x * c[j]! + y * b[j]!;
      }
      const [x, y] = [real[row + i]!, imaginary[row + i]!];
      const scale = x * x + y * y;
      b[i] = (u * x + v * y) / scale;
      c[i] = (v * x - u * y) / scale;
    }
  }
}

function swapRows(values: Float64Array, a: number, b: number, length: number): void {
  for (let j = 0; j < length; j++) {
    const value = values[a + j]!;
    values[a + j] = values[b + j]!;
    values[b + j] = value;
  }
}
