import type { RawPicture } from "./pictures.js";

/** A rectangle of a picture, in pixels and parts of them. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What a picture is reduced to along one side: of each new pixel the first old one, and how much each counts. */
interface Weights {
  readonly first: Int32Array;
  readonly shares: readonly Float64Array[];
}

/** The picture, or a part of it, in another size: each pixel the mean of what it covers (OpenCV's INTER_AREA). */
export function resizeByArea(picture: RawPicture, width: number, height: number, region: Region = whole(picture)): RawPicture {
  const across = areaWeights(region.left, region.width, width, picture.width);
  const down = areaWeights(region.top, region.height, height, picture.height);
  // Along rows first, as far as they are needed.
  const narrow = new Float64Array(picture.height * width * 3);
  const from = down.first[0]!;
  const to = down.first[height - 1]! + down.shares[height - 1]!.length;
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const shares = across.shares[x]!;
      let at = (y * picture.width + across.first[x]!) * 3;
      let [red, green, blue] = [0, 0, 0];
      for (let i = 0; i < shares.length; i++, at += 3) {
        const share = shares[i]!;
        red += share * picture.data[at]!;
        green += share * picture.data[at + 1]!;
        blue += share * picture.data[at + 2]!;
      }
      const out = (y * width + x) * 3;
      narrow[out] = red;
      narrow[out + 1] = green;
      narrow[out + 2] = blue;
    }
  }
  const data = new Uint8Array(width * height * 3);
  const row = width * 3;
  for (let y = 0; y < height; y++) {
    const shares = down.shares[y]!;
    const first = down.first[y]! * row;
    for (let x = 0; x < row; x++) {
      let sum = 0;
      for (let i = 0; i < shares.length; i++) sum += shares[i]! * narrow[first + i * row + x]!;
      data[y * row + x] = Math.round(sum);
    }
  }
  return { width, height, data };
}

/** The largest part in the middle that has the shape of `width` × `height`. */
export function middleOf({ width, height }: RawPicture, wanted: { width: number; height: number }): Region {
  const scale = Math.min(width / wanted.width, height / wanted.height);
  const [w, h] = [wanted.width * scale, wanted.height * scale];
  return { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h };
}

const whole = ({ width, height }: RawPicture): Region => ({ left: 0, top: 0, width, height });

function areaWeights(start: number, length: number, count: number, available: number): Weights {
  const step = length / count;
  const first = new Int32Array(count);
  const shares = Array.from({ length: count }, (_, i) => {
    const [low, high] = [start + i * step, start + (i + 1) * step];
    first[i] = Math.min(Math.floor(low + 1e-9), available - 1);
    const last = Math.min(Math.max(Math.ceil(high - 1e-9), first[i]! + 1), available);
    const covered = Float64Array.from({ length: last - first[i]! }, (_, j) => {
      const pixel = first[i]! + j;
      return Math.min(high, pixel + 1) - Math.max(low, pixel);
    });
    const sum = covered.reduce((all, part) => all + part, 0);
    return covered.map((part) => part / sum);
  });
  return { first, shares };
}
