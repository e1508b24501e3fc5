import { defineExtensions } from "@latentflow/experiments";
import { affine } from "./affine-method.js";
import { distance } from "./distance.js";

export default defineExtensions({ methods: [affine], analyses: [distance] });
