/** Boxes that hold other boxes on the way to those with times (ISO 14496-12, 8.2 to 8.4). */
const CONTAINERS = new Set(["moov", "trak", "mdia"]);
/** Boxes that begin with version and flags (4 bytes), creation time and modification time (4 bytes each in version 0, 8 in version 1). */
const TIMED = new Set(["mvhd", "tkhd", "mdhd"]);

/** Sets an MP4 file's creation and modification times to 0, "unknown": the same frames then give the same bytes on another day. In place. */
export function clearMp4Times(file: Uint8Array, start = 0, end = file.length): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = start; at + 8 <= end; ) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    // 0: to the end of the file; 1: a 64-bit size follows, which only the pictures' data could need.
    if (size < 8) return;
    if (CONTAINERS.has(type)) clearMp4Times(file, at + 8, at + size);
    if (TIMED.has(type)) file.fill(0, at + 12, at + 12 + (file[at + 8] === 1 ? 16 : 8));
    at += size;
  }
}
