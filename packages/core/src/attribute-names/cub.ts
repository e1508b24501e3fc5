/** Heads of the paper's regressor of birds. */
const HEADS = 109;

/** Those heads whose names its released code tells, which are those that it has flows for. */
const KNOWN: Readonly<Record<number, string>> = {
  0: "bill:dagger",
  1: "bill:all_purpose",
  2: "bill:cone",
  27: "tail:rounded",
  28: "tail:notched",
  29: "tail:pointed",
  74: "wing:rounded",
  75: "wing:pointed",
  79: "shape:perching",
  89: "color:brown",
  91: "color:yellow",
};

/**
 * The 109 heads of the paper's regressor, its choice of CUB's attributes. Eleven have the names of its code, at the numbers of its flows; which
 * attributes the others are is not published, so they are called by their number: "attribute 3".
 */
export function cubHeads(): string[] {
  return Array.from({ length: HEADS }, (_, i) => KNOWN[i] ?? `attribute ${i}`);
}

const COLOURS = "blue brown iridescent purple rufous grey yellow olive green pink orange black white red buff";
const PATTERN = "solid spotted striped multi-colored";

/** CUB's attributes by their groups, in order. */
const GROUPS: readonly (readonly [group: string, values: string])[] = [
  ["bill_shape", "curved_(up_or_down) dagger hooked needle hooked_seabird spatulate all-purpose cone specialized"],
  ["wing_color", COLOURS],
  ["upperparts_color", COLOURS],
  ["underparts_color", COLOURS],
  ["breast_pattern", PATTERN],
  ["back_color", COLOURS],
  ["tail_shape", "forked_tail rounded_tail notched_tail fan-shaped_tail pointed_tail squared_tail"],
  ["upper_tail_color", COLOURS],
  ["head_pattern", "spotted malar crested masked unique_pattern eyebrow eyering plain eyeline striped capped"],
  ["breast_color", COLOURS],
  ["throat_color", COLOURS],
  ["eye_color", /* @__PURE__ */ COLOURS.replace("iridescent ", "")],
  ["bill_length", "about_the_same_as_head longer_than_head shorter_than_head"],
  ["forehead_color", COLOURS],
  ["under_tail_color", COLOURS],
  ["nape_color", COLOURS],
  ["belly_color", COLOURS],
  ["wing_shape", "rounded-wings pointed-wings broad-wings tapered-wings long-wings"],
  ["size", "large_(16_-_32_in) small_(5_-_9_in) very_large_(32_-_72_in) medium_(9_-_16_in) very_small_(3_-_5_in)"],
  [
    "shape",
    "upright-perching_water-like chicken-like-marsh long-legged-like duck-like owl-like gull-like hummingbird-like pigeon-like " +
      "tree-clinging-like hawk-like sandpiper-like upland-ground-like swallow-like perching-like",
  ],
  ["back_pattern", PATTERN],
  ["tail_pattern", PATTERN],
  ["belly_pattern", PATTERN],
  ["primary_color", COLOURS],
  ["leg_color", COLOURS],
  ["bill_color", COLOURS],
  ["crown_color", COLOURS],
  ["wing_pattern", PATTERN],
];

/** CUB-200-2011's 312 binary attributes, as `attributes.txt` has them. */
export function cubAttributes(): string[] {
  return GROUPS.flatMap(([group, values]) => values.split(" ").map((value) => `has_${group}::${value}`));
}
