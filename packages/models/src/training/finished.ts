import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { FactorRegressor } from "../regressor/factor-regressor.js";
import type { TrainedAttribute } from "./data.js";
import { splitHeads } from "./networks.js";
import { asTensorData, type StateDict } from "./parameters.js";

/** Tensors of a ResNet, whatever it was wrapped in. */
const RESNET = /^(?:.*?\.)??((?:conv1|bn1|layer[1-4])\..*)$/;

/** Trained weights as a regressor of the paper's layout, its frozen network among them. */
export async function finishedRegressor(
  state: StateDict,
  attributes: readonly TrainedAttribute[],
  { backbone, side }: { readonly backbone: FactorRegressor | undefined; readonly side: number },
): Promise<FactorRegressor> {
  const tensors = asTensorData(
    splitHeads(
      state,
      attributes.map(({ classes }) => classes),
    ),
  );
  const names = attributes.map(({ name }) => name);
  if (backbone === undefined)
    return FactorRegressor.fromSafetensors(writeSafetensors(tensors), { attributes: names, imageSize: side });
  for (const [name, tensor] of await frozenTensors(backbone)) tensors.set(name, tensor);
  const { preprocessing } = backbone;
  return FactorRegressor.fromSafetensors(writeSafetensors(tensors), { attributes: names, preprocessing });
}

async function frozenTensors(backbone: FactorRegressor): Promise<[string, TensorData][]> {
  const { tensors } = await readSafetensors(backbone.toSafetensors());
  return [...tensors].flatMap(([name, tensor]) => {
    const own = RESNET.exec(name)?.[1];
    return own === undefined || own.endsWith("num_batches_tracked") ? [] : [[`backbone.${own}`, tensor] as [string, TensorData]];
  });
}
