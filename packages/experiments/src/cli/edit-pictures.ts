import { frameAt } from "../pictures/edit-frames.js";
import { enlarge, grid, type Picture, pingPong } from "../pictures/index.js";
import type { EditFrames } from "../results/index.js";

/** Small pictures are enlarged to about this width, in pixels. */
const CELL = 128;

/** Rows: codes; columns: edit lengths. */
export function framesGrid(frames: EditFrames): Picture {
  const columns = frames.times.length;
  const cells = Array.from({ length: frames.samples * columns }, (_, i) => cell(frames, Math.floor(i / columns), i % columns));
  return grid(cells, { columns, gap: 2 });
}

/** Codes side by side, there and back. */
export function framesMovie(frames: EditFrames): Picture[] {
  const columns = frames.samples;
  const oneWay = frames.times.map((_, t) =>
    grid(
      Array.from({ length: columns }, (_, i) => cell(frames, i, t)),
      { columns, gap: 2 },
    ),
  );
  return pingPong(oneWay);
}

function cell(frames: EditFrames, sample: number, time: number): Picture {
  return enlarge(frameAt(frames, sample, time), { factor: Math.max(1, Math.round(CELL / frames.width)) });
}
