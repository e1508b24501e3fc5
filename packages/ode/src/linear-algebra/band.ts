/** Where a matrix may differ from 0: at most `lower` places left and `upper` places right of its diagonal. */
export interface Band {
  readonly lower: number;
  readonly upper: number;
}

/** Rows of a banded matrix one after the other, entry (i, j) at i · width + j − i + lower. */
export const widthOf = ({ lower, upper }: Band): number => lower + upper + 1;
