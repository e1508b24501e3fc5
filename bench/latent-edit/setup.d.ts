import type { AttributeModel } from "@latentflow/core";
import type { FactorRegressor, StyleGan2Generator } from "@latentflow/models";

export default function setup(): Promise<AttributeModel>;
export function untrainedNetworks(): Promise<{ generator: StyleGan2Generator; regressor: FactorRegressor }>;
