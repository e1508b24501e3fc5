import type { AttributeModel } from "@latentflow/core";

export default function setup(): Promise<AttributeModel>;
