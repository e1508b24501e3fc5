import type { Matrix } from "@latentflow/core";
import { type RowList, type RowRange, rowsOf } from "../directions/rows.js";
import { LatentEditError } from "../errors.js";
import type { CodeTable } from "../input/codes.js";

/**
 * What a straight edit of some rows can tell of W+ codes: the mean over these rows, [n, d]. W codes stay as they are.
 *
 * @throws LatentEditError for rows of W codes, and rows that there are not
 */
export function meanOfRows(
  caller: string,
  { codes, latentDim, rowCount }: CodeTable,
  chosen: RowRange | RowList | undefined,
): Matrix {
  if (rowCount === undefined) {
    if (chosen === undefined) return codes;
    throw new LatentEditError(
      `${caller}: expected W+ codes [n, rowCount, d] for the rows option, got [${codes.rows}, ${codes.columns}]; leave it out.`,
    );
  }
  const rows = rowsOf(caller, chosen ?? [0, rowCount], rowCount);
  const data = new Float64Array(codes.rows * latentDim);
  for (let i = 0; i < codes.rows; i++) {
    for (const row of rows) {
      const start = i * codes.columns + row * latentDim;
      for (let k = 0; k < latentDim; k++) data[i * latentDim + k]! += codes.data[start + k]!;
    }
  }
  return { data: data.map((sum) => sum / rows.length), rows: codes.rows, columns: latentDim };
}
