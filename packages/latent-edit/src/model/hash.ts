/** Numbers rounded to float32 at a time: codes can take hundreds of megabytes, and must not be copied for its hash. */
const CHUNK = 4096;

/**
 * 32-bit hash of numbers as float32 (MurmurHash3's body and finish, A. Appleby), as 8 hexadecimal digits. Tells other data apart, not forgeries;
 * unlike the platform's digests it needs no secure context.
 */
export function hashOfNumbers(values: ArrayLike<number>): string {
  const floats = new Float32Array(CHUNK);
  const words = new Int32Array(floats.buffer);
  let hash = 0;
  for (let start = 0; start < values.length; start += CHUNK) {
    const count = Math.min(CHUNK, values.length - start);
    for (let i = 0; i < count; i++) floats[i] = values[start + i]!;
    for (let i = 0; i < count; i++) {
      const word = Math.imul(rotate(Math.imul(words[i]!, 0xcc9e2d51), 15), 0x1b873593);
      hash = (Math.imul(rotate(hash ^ word, 13), 5) + 0xe6546b64) | 0;
    }
  }
  hash ^= values.length * 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
