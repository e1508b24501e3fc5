import { spearman } from "@latentflow/metrics";
import type { AttributeResult, StudyEntropy } from "../results/index.js";
import type { StudyTallied } from "./tally.js";

/** Spearman's correlation needs as many. */
const LEAST_ATTRIBUTES = 3;

/**
 * Whether people saw more of an improvement where the flow bends more: the rank correlation of the paper's section on learned Neural ODEs, over the attributes
 * whose flow has a singular entropy, for both questions and both readings of its matrix.
 *
 * @param idOf an attribute's id in the study
 */
export function entropyOrder(
  { methods: [flow], questions }: StudyTallied,
  attributes: readonly AttributeResult[],
  idOf: (attribute: AttributeResult) => string,
): StudyEntropy[] {
  const readings = new Map(
    attributes.map((attribute) => {
      const method = attribute.methods.find(({ id }) => id === flow);
      return [idOf(attribute), method?.analysis?.singularEntropy ?? []] as const;
    }),
  );
  return questions.flatMap(({ question, byAttribute }) =>
    (["W", "W + I"] as const).flatMap((matrix): StudyEntropy[] => {
      const pairs = byAttribute.flatMap(({ attribute, wins, responses }) => {
        const entropy = readings.get(attribute)?.find((reading) => reading.matrix === matrix)?.entropy;
        return entropy === undefined ? [] : [[entropy, (wins[0] - wins[1]) / responses] as const];
      });
      if (pairs.length < LEAST_ATTRIBUTES) return [];
      const { rho, pValue } = spearman(
        pairs.map(([entropy]) => entropy),
        pairs.map(([, improvement]) => improvement),
      );
      const number = (value: number) => (Number.isNaN(value) ? null : value);
      return [{ question, matrix, rho: number(rho), pValue: number(pValue), attributes: pairs.length }];
    }),
  );
}
