/** One polynomial without constant term a row: `pᵢ(x) = Σⱼ row[j] x^(j+1)`. */
export type Polynomials = readonly (readonly number[])[];

/** `pᵢ(x) = Σⱼ polynomials[i][j] x^(j+1)` for every i. */
export function evaluatePolynomials(polynomials: Polynomials, x: number): Float64Array {
  return Float64Array.from(polynomials, (coefficients) => {
    let value = 0;
    for (let j = coefficients.length - 1; j >= 0; j--) value = (value + coefficients[j]!) * x;
    return value;
  });
}

/** `pᵢ′(x)` for every i. */
export function differentiatePolynomials(polynomials: Polynomials, x: number): Float64Array {
  return Float64Array.from(polynomials, (coefficients) => {
    let value = 0;
    for (let j = coefficients.length - 1; j >= 0; j--) value = value * x + (j + 1) * coefficients[j]!;
    return value;
  });
}
