import type { RawPicture } from "./pictures.js";

/** A rectangle of a picture, in pixels and parts of them. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What a picture is reduced to along one side: of each new pixel the old ones from `first` on, and how much each counts. */
interface Weights {
  readonly first: Int32Array;
  /** Of new pixel i those from `start[i]` to before `start[i + 1]`. */
  readonly start: Int32Array;
  readonly shares: Float64Array;
}

/** The picture, or a part of it, in another size: each pixel the mean of what it covers (OpenCV's INTER_AREA). */
export function resizeByArea(picture: RawPicture, width: number, height: number, region: Region = whole(picture)): RawPicture {
  const across = areaWeights(region.left, region.width, width, picture.width);
  const down = areaWeights(region.top, region.height, height, picture.height);
  const data = new Uint8Array(width * height * 3);
  const row = new Float64Array(picture.width * 3);
  for (let y = 0; y < height; y++) {
    const [begin, end] = [down.start[y]!, down.start[y + 1]!];
    row.fill(0);
    for (let i = begin; i < end; i++) addRow(row, picture, down.first[y]! + i - begin, down.shares[i]!);
    reduceRow(data, y * width * 3, row, across);
  }
  return { width, height, data };
}

/** sum += share · the picture's row */
function addRow(sum: Float64Array, { width, data }: RawPicture, y: number, share: number): void {
  const from = y * width * 3;
  for (let x = 0; x < sum.length; x++) sum[x]! += share * data[from + x]!;
}

function reduceRow(out: Uint8Array, at: number, row: Float64Array, { first, start, shares }: Weights): void {
  for (let x = 0; x < first.length; x++) {
    let [red, green, blue] = [0, 0, 0];
    let from = first[x]! * 3;
    for (let i = start[x]!; i < start[x + 1]!; i++, from += 3) {
      const share = shares[i]!;
      red += share * row[from]!;
      green += share * row[from + 1]!;
      blue += share * row[from + 2]!;
    }
    out[at + 3 * x] = Math.round(red);
    out[at + 3 * x + 1] = Math.round(green);
    out[at + 3 * x + 2] = Math.round(blue);
  }
}

/** The largest part in the middle that has the shape of `width` × `height`. */
export function middleOf({ width, height }: RawPicture, wanted: { width: number; height: number }): Region {
  const scale = Math.min(width / wanted.width, height / wanted.height);
  const [w, h] = [wanted.width * scale, wanted.height * scale];
  return { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h };
}

const whole = ({ width, height }: RawPicture): Region => ({ left: 0, top: 0, width, height });

/** Pictures of a data set mostly have one size: its weights are made once. */
const known = new Map<string, Weights>();
const MOST_KNOWN = 64;

function areaWeights(from: number, length: number, count: number, available: number): Weights {
  const key = [from, length, count, available].join();
  const found = known.get(key);
  if (found !== undefined) return found;
  const weights = makeWeights(from, length, count, available);
  if (known.size === MOST_KNOWN) known.clear();
  known.set(key, weights);
  return weights;
}

function makeWeights(from: number, length: number, count: number, available: number): Weights {
  const step = length / count;
  const [first, start] = [new Int32Array(count), new Int32Array(count + 1)];
  const shares: number[] = [];
  for (let i = 0; i < count; i++) {
    const [low, high] = [from + i * step, from + (i + 1) * step];
    first[i] = Math.min(Math.floor(low + 1e-9), available - 1);
    const last = Math.min(Math.max(Math.ceil(high - 1e-9), first[i]! + 1), available);
    const covered = Array.from({ length: last - first[i]! }, (_, j) => {
      const pixel = first[i]! + j;
      return Math.min(high, pixel + 1) - Math.max(low, pixel);
    });
    const sum = covered.reduce((all, part) => all + part, 0);
    shares.push(...covered.map((part) => part / sum));
    start[i + 1] = shares.length;
  }
  return { first, start, shares: Float64Array.from(shares) };
}
